use super::*;

/// Section 8 of the platform notes: status, older code, remedy.
#[rustfmt::skip]
const SECTION: &[(u16, Option<i64>, Remedy)] = &[
    (429, None, back_off(Number, LIMIT_WINDOW)),
    (500, None, back_off(Recipient, 5)),
    (503, None, back_off(Recipient, 5)),
    (401, None, pause(Number)),
    (402, None, pause(Number)),
    (403, None, Never),
    (403, Some(349), Never),
    (403, Some(150), Never),
    (403, Some(151), Never),
    (403, Some(226), pause(Number)),
    (403, Some(326), pause(Number)),
    (400, None, Never),
];

#[test]
fn every_error_of_the_section_has_its_remedy() {
    for (status, code, expected) in SECTION {
        assert_eq!(remedy(*status, *code, None), *expected, "{status} {code:?}");
    }
}

#[test]
fn an_unknown_code_leaves_it_to_the_status() {
    assert_eq!(remedy(401, Some(89), None), pause(Number));
    assert_eq!(remedy(418, None, None), Never);
}

#[test]
fn an_app_that_used_up_its_plan_pauses_whatever_the_status() {
    let kind = Some("https://api.twitter.com/2/problems/usage-capped");
    assert_eq!(remedy(429, None, kind), pause(Number));
}
