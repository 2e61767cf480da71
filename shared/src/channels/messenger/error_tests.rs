use super::*;

/// Section 7 of the platform notes, line by line.
#[rustfmt::skip]
const SECTION: &[(i64, Option<i64>, Remedy)] = &[
    (1, Some(99), retry(1)),
    (1, Some(1_357_046), retry(1)),
    (2, None, back_off(Recipient, 5)),
    (1_200, None, back_off(Recipient, 5)),
    (2, Some(2_018_344), Never),
    (4, None, back_off(Number, 60)),
    (613, None, back_off(Number, 60)),
    (80_006, None, back_off(Number, 60)),
    (32, None, back_off(Number, 60)),
    (4, Some(2_018_354), RetryAfterADay),
    (9, Some(2_018_352), RetryAfterADay),
    (10, Some(2_018_278), Never),
    (10, Some(2_018_065), Never),
    (10, Some(2_534_022), Never),
    (10, Some(1_893_063), pause(Number)),
    (10, None, pause(Number)),
    (200, None, pause(Number)),
    (200, Some(2_018_028), pause(Number)),
    (230, None, pause(Number)),
    (100, None, Never),
    (100, Some(2_018_001), Undeliverable),
    (100, Some(33), Undeliverable),
    (190, None, pause(Number)),
    (368, None, pause(Number)),
    (551, Some(1_545_041), Undeliverable),
    (2_018_047, None, retry(1)),
    (2_018_008, None, retry(1)),
];

#[test]
fn every_code_of_the_section_has_its_remedy() {
    for (code, subcode, expected) in SECTION {
        assert!(rule(*code, *subcode).is_some(), "{code}/{subcode:?}");
        assert_eq!(remedy(*code, *subcode, false), *expected, "{code}/{subcode:?}");
    }
}

#[test]
fn a_subcode_nobody_knows_leaves_it_to_the_code() {
    assert_eq!(remedy(10, Some(1), false), pause(Number));
    assert_eq!(remedy(9, Some(1), false), Never);
    assert_eq!(remedy(9, Some(1), true), back_off(Recipient, 5));
}
