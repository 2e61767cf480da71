use super::*;

/// Section 13 of the platform notes, line by line: codes and what they ask for.
#[rustfmt::skip]
const SECTION: &[(&[i64], Remedy)] = &[
    (&[0, 190], pause(BusinessAccount)),
    (&[3], pause(BusinessAccount)),
    (&[10, 200, 230, 299, 131_005], pause(BusinessAccount)),
    (&[1], retry(1)),
    (&[2], back_off(Number, 5)),
    (&[4], back_off(App, 300)),
    (&[80_007], back_off(BusinessAccount, 300)),
    (&[33], pause(Number)),
    (&[100], Never),
    (&[130_429], back_off(Number, 1)),
    (&[131_048], pause(Number)),
    (&[131_056], back_off(Recipient, 6)),
    (&[131_064], pause(BusinessAccount)),
    (&[133_016], Never),
    (&[368], pause(BusinessAccount)),
    (&[130_497], Never),
    (&[131_031], pause(BusinessAccount)),
    (&[130_472], Never),
    (&[131_000], back_off(Recipient, 5)),
    (&[131_008, 131_009], Never),
    (&[131_016], back_off(Number, 5)),
    (&[131_021], Never),
    (&[131_026], Undeliverable),
    (&[131_030], Never),
    (&[131_037], pause(Number)),
    (&[131_042, 131_044], pause(BusinessAccount)),
    (&[131_045], pause(Number)),
    (&[131_047], Never),
    (&[131_049], RetryAfterADay),
    (&[131_050], SuppressMarketing),
    (&[131_051], Never),
    (&[131_052], Never),
    (&[131_053], Never),
    (&[131_055], Never),
    (&[131_057], back_off(Number, 60)),
    (&[131_059], Never),
    (&[131_062], Never),
    (&[131_063], pause(Campaign)),
    (&[132_000, 132_005, 132_008, 132_012], Never),
    (&[132_001], pause(Campaign)),
    (&[132_007], pause(Campaign)),
    (&[132_015], pause(Campaign)),
    (&[132_016], pause(Campaign)),
    (&[132_068], pause(Campaign)),
    (&[132_069], back_off(Campaign, 3_600)),
    (&[133_000, 133_005, 133_006, 133_008, 133_009, 133_010], pause(Number)),
    (&[133_015], back_off(Number, 300)),
    (&[133_004], back_off(Number, 5)),
    (&[134_011], Never),
    (&[134_100], Never),
    (&[134_101], back_off(Campaign, 600)),
    (&[134_102], pause(Campaign)),
    (&[135_000], retry(1)),
    (&[137_000], Never),
    (&[138_000, 138_999, 139_000, 139_999, 131_020, 131_041, 131_200, 131_299], Never),
    (&[147_001, 147_005, 2_388_000, 2_388_999], Never),
];

#[test]
fn every_code_of_the_section_has_its_remedy() {
    for (codes, expected) in SECTION {
        for code in *codes {
            assert!(rule(*code).is_some(), "{code} is not listed");
            for passes in [false, true] {
                assert_eq!(remedy(*code, passes), *expected, "{code}");
            }
        }
    }
}

#[test]
fn every_rule_is_of_the_section() {
    let listed = |code: &i64| SECTION.iter().any(|(codes, _)| codes.contains(code));
    for rule in TABLE {
        assert!(listed(rule.codes.start()), "{rule:?}");
        assert!(!rule.meaning.is_empty());
    }
}

#[test]
fn no_code_is_ruled_twice() {
    for (index, rule) in TABLE.iter().enumerate() {
        for later in &TABLE[index + 1..] {
            let apart = rule.codes.end() < later.codes.start();
            assert!(apart, "{rule:?} and {later:?} overlap or stand out of order");
        }
    }
}

#[test]
fn an_unknown_code_is_final_unless_the_platform_calls_it_passing() {
    for code in [-1, 5, 300, 131_001, 999_999] {
        assert!(rule(code).is_none(), "{code}");
        assert_eq!(remedy(code, false), Never);
        assert_eq!(remedy(code, true), back_off(Recipient, 5));
    }
}
