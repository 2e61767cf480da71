//! What each code is to bring, written by hand from the platform's notes: not from the product's table.

/// What becomes of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Failed,
    /// For so many seconds, and up to a half more.
    Waits(u32),
    /// A day at least, while others of its conversation pass.
    Days,
}

/// One code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) code: i64,
    /// Instead of the code's own.
    pub(crate) http_status: Option<u16>,
    pub(crate) fate: Fate,
    /// What is held for how many seconds at least; 0: until somebody looks.
    pub(crate) hold: Option<(&'static str, u32)>,
    /// Whether the account is refused.
    pub(crate) refused: bool,
    pub(crate) also: &'static str,
}

const fn fails(code: i64) -> Case {
    Case { code, http_status: None, fate: Fate::Failed, hold: None, refused: false, also: "" }
}

const fn fails_and(code: i64, also: &'static str) -> Case {
    Case { also, ..fails(code) }
}

const fn waits(code: i64, seconds: u32) -> Case {
    Case { fate: Fate::Waits(seconds), ..fails(code) }
}

const fn held(code: i64, scope: &'static str, seconds: u32) -> Case {
    Case { hold: Some((scope, seconds)), ..waits(code, seconds) }
}

const fn refused(code: i64) -> Case {
    Case { refused: true, ..waits(code, 5) }
}

const fn stops_campaign(code: i64) -> Case {
    Case { hold: Some(("campaign", 0)), ..fails(code) }
}

#[expect(clippy::unreadable_literal, reason = "codes are names, written as Meta writes them")]
pub(crate) const EXPECTED: &[Case] = &[
    refused(0),
    waits(1, 1),
    held(2, "number", 5),
    refused(3),
    held(4, "app", 300),
    refused(10),
    refused(33),
    fails(100),
    refused(190),
    refused(200),
    refused(299),
    refused(368),
    held(80007, "business", 300),
    held(130429, "number", 1),
    fails(130472),
    fails_and(130497, "barred"),
    waits(131000, 5),
    refused(131005),
    fails(131008),
    fails(131009),
    held(131016, "number", 5),
    fails(131020),
    fails(131021),
    fails_and(131026, "strike"),
    fails(131030),
    refused(131031),
    refused(131037),
    fails(131041),
    refused(131042),
    refused(131044),
    refused(131045),
    fails(131047),
    refused(131048),
    Case { fate: Fate::Days, ..fails(131049) },
    fails_and(131050, "withdrawn"),
    fails(131051),
    fails(131052),
    fails(131053),
    fails(131055),
    waits(131056, 6),
    held(131057, "number", 60),
    fails(131059),
    fails(131062),
    stops_campaign(131063),
    refused(131064),
    fails(131200),
    fails(132000),
    stops_campaign(132001),
    fails(132005),
    stops_campaign(132007),
    fails(132008),
    fails(132012),
    stops_campaign(132015),
    stops_campaign(132016),
    stops_campaign(132068),
    held(132069, "campaign", 3600),
    refused(133000),
    held(133004, "number", 5),
    refused(133005),
    refused(133006),
    refused(133008),
    refused(133009),
    refused(133010),
    held(133015, "number", 300),
    fails(133016),
    fails(134011),
    fails(134100),
    held(134101, "campaign", 600),
    stops_campaign(134102),
    waits(135000, 1),
    fails(137000),
    fails(138000),
    fails(139000),
    fails(147001),
    fails(2388000),
    // Codes that nobody knows: a fault of the platform's own passes, anything else stays.
    Case { http_status: Some(500), ..waits(999998, 5) },
    Case { http_status: Some(400), ..fails(999999) },
];
