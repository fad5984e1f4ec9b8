use super::*;
use proptest::prelude::*;

#[track_caller]
fn check(text: &str, expected: i64) {
    assert_eq!(parse_cardinal(text), Some(expected), "{text}");
}

#[track_caller]
fn check_spoken(n: i64, expected: &str) {
    assert_eq!(cardinal(n), expected);
    check(expected, n);
}

#[track_caller]
fn check_digits(text: &str, expected: &str) {
    assert_eq!(parse_digits(text).as_deref(), Some(expected), "{text}");
}

#[test]
fn speaks_and_reads_back() {
    check_spoken(0, "零");
    check_spoken(2, "二");
    check_spoken(10, "十");
    check_spoken(12, "十二");
    check_spoken(20, "二十");
    check_spoken(105, "一百零五");
    check_spoken(110, "一百一十");
    check_spoken(115, "一百一十五");
    check_spoken(200, "两百");
    check_spoken(222, "两百二十二");
    check_spoken(1_002, "一千零二");
    check_spoken(1_020, "一千零二十");
    check_spoken(2_300, "两千三百");
    check_spoken(1_200, "一千二百");
    check_spoken(10_000, "一万");
    check_spoken(10_010, "一万零一十");
    check_spoken(22_000, "两万两千");
    check_spoken(100_000, "十万");
    check_spoken(203_000, "二十万三千");
    check_spoken(1_050_000, "一百零五万");
    check_spoken(100_000_000, "一亿");
    check_spoken(120_005_000, "一亿两千万五千");
    check_spoken(-3, "负三");
}

#[test]
fn reads_what_people_say() {
    check("两千三", 2_300);
    check("一百二", 120);
    check("一万五", 15_000);
    check("三万五", 35_000);
    check("3万5", 35_000);
    check("3千", 3_000);
    check("2百5", 250);
    check("一亿二", 120_000_000);
    check("一百二十万三", 1_203_000);
    check("一百十五", 115);
    check("一万五百", 10_500);
    check("一万二十", 10_020);
    check("一点五万", 15_000);
    check("3.5万", 35_000);
    check("15", 15);
    check("1,234", 1_234);
    check("１５", 15);
    check("壹佰贰拾捌", 128);
    check(" 二十 ", 20);
    check("100万", 1_000_000);
    check("两万亿", 2_000_000_000_000);
}

#[test]
fn rejects_what_is_no_quantity() {
    for text in [
        "",
        "一二三",
        "百",
        "万",
        "一百零",
        "零五",
        "二百三千",
        "张三",
        "一百块",
        "十十",
        "一万万",
        "1,23",
        "半",
        "一点",
        "点五",
        "12百",
        "负",
    ] {
        assert_eq!(parse_cardinal(text), None, "{text}");
    }
}

#[test]
fn fractions() {
    assert_eq!(parse_scaled("一点五", 2), Some(150));
    assert_eq!(parse_scaled("十二点零五", 2), Some(1_205));
    assert_eq!(parse_scaled("0.5", 1), Some(5));
    assert_eq!(parse_scaled("半", 1), Some(5));
    assert_eq!(parse_scaled("半", 0), None);
    assert_eq!(parse_scaled("一点五五", 1), None);
    assert_eq!(parse_scaled("1.50", 1), Some(15));
    assert_eq!(parse_scaled("负一点五", 1), Some(-15));
    assert_eq!(decimal("12.50").as_deref(), Some("十二点五零"));
    assert_eq!(decimal("-0.5").as_deref(), Some("负零点五"));
    assert_eq!(decimal("1.2.3"), None);
}

#[test]
fn ordinals_and_counts() {
    assert_eq!(parse_ordinal("第三"), Some(3));
    assert_eq!(parse_ordinal("第二个"), Some(2));
    assert_eq!(parse_ordinal("第2项"), Some(2));
    assert_eq!(parse_ordinal("三"), None);
    assert_eq!(ordinal(2), "第二");
    assert_eq!(ordinal(12), "第十二");
    assert_eq!(counted(2), "两");
    assert_eq!(counted(12), "十二");
}

#[test]
fn digit_strings() {
    check_digits("幺三八零零零零一二三四", "13800001234");
    check_digits("双二", "22");
    check_digits("三个八", "888");
    check_digits("幺三八，四个零，幺两三四", "13800001234");
    check_digits("洞拐勾", "079");
    check_digits("138 0000 1234", "13800001234");
    check_digits("138-0000-1234", "13800001234");
    check_digits("六", "6");
    for text in ["", "，", "一百", "幺三八吧", "个八", "+", "双"] {
        assert_eq!(parse_digits(text), None, "{text}");
    }
    assert_eq!(digits("10086"), "幺零零八六");
    assert_eq!(digits_plain("2026"), "二零二六");
}

#[test]
fn digits_inside_a_sentence() {
    let text = "我的号码是幺三八零零零零幺二三四，你查一下";
    let (digits, span) = find_digits(text, Some(11)).unwrap();
    assert_eq!(digits, "13800001234");
    assert_eq!(text.get(span), Some("幺三八零零零零幺二三四"));
    assert_eq!(find_digits("密码是123456。", Some(6)).map(|found| found.0).as_deref(), Some("123456"));
    assert_eq!(find_digits("+86 138 0000 1234", Some(11)).map(|found| found.0).as_deref(), Some("13800001234"));
    assert_eq!(find_digits("查一下两个套餐", None), None);
    assert_eq!(find_digits("幺三八零零", Some(11)), None);
}

proptest! {
    #[test]
    fn cardinal_reads_back(n in proptest::num::i64::ANY) {
        prop_assert_eq!(parse_cardinal(&cardinal(n)), Some(n));
    }

    #[test]
    fn small_cardinal_reads_back(n in -200_000_i64..200_000) {
        prop_assert_eq!(parse_cardinal(&cardinal(n)), Some(n));
        prop_assert_eq!(parse_cardinal(&counted(n)), Some(n));
    }

    #[test]
    fn digits_read_back(written in "[0-9]{1,20}") {
        prop_assert_eq!(parse_digits(&digits(&written)), Some(written.clone()));
        prop_assert_eq!(parse_digits(&digits_plain(&written)), Some(written));
    }

    #[test]
    fn nothing_panics(text in "[负一二两三十百千万亿零点半个双0-9,. ]{0,16}|\\PC{0,16}") {
        let _ = (parse_cardinal(&text), parse_scaled(&text, 3), parse_digits(&text), parse_ordinal(&text));
        if let Some((_, span)) = find_digits(&text, None) {
            prop_assert!(text.get(span).is_some());
        }
    }
}
