//! Meta's error codes: their HTTP status and title, from its pages on Cloud API error codes and
//! on Messenger Platform errors.

use axum::http::StatusCode;

/// What Meta says with an error code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Code {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
}

/// What Meta says with `code`; for a code that is not in the table, 400 and a title that says
/// nothing.
pub(crate) fn code_named(code: i64) -> Code {
    CODES
        .iter()
        .find(|(known, _, _)| *known == code)
        .map_or(UNKNOWN, |(_, status, title)| Code { status: *status, title })
}

const UNKNOWN: Code = Code { status: StatusCode::BAD_REQUEST, title: "An error occurred" };

const BAD: StatusCode = StatusCode::BAD_REQUEST;
const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;
const NOT_FOUND: StatusCode = StatusCode::NOT_FOUND;
const INTERNAL: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

#[expect(clippy::unreadable_literal, reason = "codes are names, written as Meta writes them")]
const CODES: &[(i64, StatusCode, &str)] = &[
    (0, UNAUTHORIZED, "AuthException"),
    (1, BAD, "API Unknown"),
    (2, UNAVAILABLE, "API Service"),
    (3, INTERNAL, "API Method"),
    (4, BAD, "API Too Many Calls"),
    (10, FORBIDDEN, "Permission Denied"),
    (33, BAD, "Parameter value is not valid"),
    (100, BAD, "Invalid parameter"),
    (190, UNAUTHORIZED, "Access token has expired"),
    (200, FORBIDDEN, "API Permission"),
    (368, FORBIDDEN, "Temporarily blocked for policies violations"),
    (551, BAD, "This person isn't available right now"),
    (613, BAD, "Calls to this api have exceeded the rate limit"),
    (2018047, BAD, "Upload attachment failure"),
    (80007, BAD, "Rate limit issues"),
    (130429, BAD, "Rate limit hit"),
    (130472, BAD, "User's number is part of an experiment"),
    (130497, FORBIDDEN, "Business account is restricted from messaging users in this country"),
    (131000, INTERNAL, "Something went wrong"),
    (131005, FORBIDDEN, "Access denied"),
    (131008, BAD, "Required parameter is missing"),
    (131009, BAD, "Parameter value is not valid"),
    (131016, INTERNAL, "Service unavailable"),
    (131021, BAD, "Recipient cannot be sender"),
    (131026, BAD, "Message undeliverable"),
    (131030, BAD, "Recipient phone number not in allowed list"),
    (131031, FORBIDDEN, "Account has been locked"),
    (131037, BAD, "Display name approval needed"),
    (131042, BAD, "Business eligibility payment issue"),
    (131045, INTERNAL, "Incorrect certificate"),
    (131047, BAD, "Re-engagement message"),
    (131048, BAD, "Spam rate limit hit"),
    (131049, BAD, "Meta chose not to deliver"),
    (131050, BAD, "User has stopped marketing messages"),
    (131051, BAD, "Unsupported message type"),
    (131052, BAD, "Media download error"),
    (131053, BAD, "Media upload error"),
    (131055, BAD, "Only marketing templates are supported"),
    (131056, BAD, "(Business Account, Consumer Account) pair rate limit hit"),
    (131057, INTERNAL, "Account in maintenance mode"),
    (131059, BAD, "Invalid paging cursor"),
    (131062, BAD, "Business-scoped user id not supported for this message"),
    (131063, BAD, "Marketing messages are disabled on Cloud API"),
    (131064, BAD, "Messaging limit reduced for template misclassification"),
    (132000, BAD, "Template Param Count Mismatch"),
    (132001, NOT_FOUND, "Template does not Exist"),
    (132005, BAD, "Template Hydrated Text too long"),
    (132007, BAD, "Template Format Character Policy Violated"),
    (132008, BAD, "Template parameter value is not valid"),
    (132012, BAD, "Template Parameter Format Mismatch"),
    (132015, BAD, "Template is Paused"),
    (132016, BAD, "Template is Disabled"),
    (132068, BAD, "Flow is blocked"),
    (132069, BAD, "Flow is throttled"),
    (133000, INTERNAL, "Incomplete Deregistration"),
    (133004, UNAVAILABLE, "Server Temporarily Unavailable"),
    (133005, BAD, "Two step verification PIN Mismatch"),
    (133006, BAD, "Phone number re-verification needed"),
    (133008, BAD, "Too Many two step verification PIN Guesses"),
    (133009, BAD, "Two step verification PIN Guessed Too Fast"),
    (133010, BAD, "Phone number Not Registered"),
    (133015, BAD, "Please wait a few minutes before attempting to register this phone number"),
    (133016, BAD, "Account register deregister rate limit exceeded"),
    (134011, BAD, "Payments terms of service not accepted"),
    (134100, BAD, "Only marketing messages are supported"),
    (134101, BAD, "Template is syncing"),
    (134102, INTERNAL, "Template is unavailable for use"),
    (135000, BAD, "Generic user error"),
    (137000, BAD, "Recipient identity key hash mismatch"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_limit_is_said_with_400() {
        for code in [4, 80_007, 130_429, 131_048, 131_056] {
            assert_eq!(code_named(code).status, StatusCode::BAD_REQUEST, "{code}");
        }
    }

    #[test]
    fn a_code_stands_in_the_table_once() {
        let mut codes: Vec<_> = CODES.iter().map(|(code, _, _)| code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CODES.len());
    }
}
