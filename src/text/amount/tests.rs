use super::*;
use proptest::prelude::*;

#[track_caller]
fn check(text: &str, lang: Lang, fen: i64) {
    assert_eq!(Money::parse(text, lang), Some(Money(fen)), "{text}");
}

#[track_caller]
fn check_spoken(fen: i64, zh: &str, en: &str) {
    assert_eq!(Money(fen).spoken(Lang::Zh), zh);
    assert_eq!(Money(fen).spoken(Lang::En), en);
    check(zh, Lang::Zh, fen);
    check(en, Lang::En, fen);
}

#[track_caller]
fn check_found(text: &str, lang: Lang, expected: Option<(i64, &str)>) {
    let found = Money::find(text, lang);
    let found = found.as_ref().map(|(money, span)| (money.0, text.get(span.clone()).expect("a span on character borders")));
    assert_eq!(found, expected, "{text}");
}

#[test]
fn speaks_and_reads_back() {
    check_spoken(12_850, "一百二十八块五", "one hundred and twenty-eight yuan fifty");
    check_spoken(12_800, "一百二十八元", "one hundred and twenty-eight yuan");
    check_spoken(0, "零元", "zero yuan");
    check_spoken(200, "两元", "two yuan");
    check_spoken(250, "两块五", "two yuan fifty");
    check_spoken(12_855, "一百二十八块五毛五", "one hundred and twenty-eight yuan fifty-five");
    check_spoken(1_005, "十块零五分", "ten yuan and five fen");
    check_spoken(10_050, "一百块零五毛", "one hundred yuan fifty");
    check_spoken(50, "五毛", "fifty fen");
    check_spoken(22, "两毛二", "twenty-two fen");
    check_spoken(5, "五分", "five fen");
    check_spoken(-3_000, "负三十元", "minus thirty yuan");
    check_spoken(200_000, "两千元", "two thousand yuan");
    assert_eq!(Money(12_850).to_string(), "¥128.50");
    assert_eq!(Money(-5).to_string(), "-¥0.05");
}

#[test]
fn reads_what_people_say() {
    check("一百块钱", Lang::Zh, 10_000);
    check("五十", Lang::Zh, 5_000);
    check("128.5元", Lang::Zh, 12_850);
    check("¥128.50", Lang::Zh, 12_850);
    check("￥1,280", Lang::Zh, 128_000);
    check("两块半", Lang::Zh, 250);
    check("半块", Lang::Zh, 50);
    check("三块五毛钱", Lang::Zh, 350);
    check("五毛钱", Lang::Zh, 50);
    check("一百二十八点五元", Lang::Zh, 12_850);
    check("九块九毛九", Lang::Zh, 999);
    check("九块九九", Lang::Zh, 999);
    check("三十块五毛", Lang::Zh, 3_050);
    check("30块", Lang::Zh, 3_000);
    check("一百二", Lang::Zh, 12_000);
    check("人民币五十元整", Lang::Zh, 5_000);
    check("a hundred and twenty-eight yuan fifty", Lang::En, 12_850);
    check("30 yuan 50 fen", Lang::En, 3_050);
    check("RMB 30", Lang::En, 3_000);
    check("fifty", Lang::En, 5_000);
    check("50yuan", Lang::En, 5_000);
    check("¥128.50", Lang::En, 12_850);
}

#[test]
fn rejects_what_is_no_amount() {
    for text in ["", "块", "半", "五分钟", "一块地", "张三", "十块零", "三点五块五", "1.234元", "一二三块"] {
        assert_eq!(Money::parse(text, Lang::Zh), None, "{text}");
    }
    for text in ["", "yuan", "half", "five minutes", "thirty yuan five", "one point five yuan fifty"] {
        assert_eq!(Money::parse(text, Lang::En), None, "{text}");
    }
}

#[test]
fn finds_inside_a_sentence() {
    check_found("我要充五十块钱话费", Lang::Zh, Some((5_000, "五十块钱")));
    check_found("帮我充一百", Lang::Zh, Some((10_000, "一百")));
    check_found("充值30", Lang::Zh, Some((3_000, "30")));
    check_found("为什么扣了我二十八块五", Lang::Zh, Some((2_850, "二十八块五")));
    check_found("上个月多扣了12.5元", Lang::Zh, Some((1_250, "12.5元")));
    check_found("等了五分钟", Lang::Zh, None);
    check_found("充了三次", Lang::Zh, None);
    check_found("查一下话费", Lang::Zh, None);
    check_found("九月份的账单", Lang::Zh, None);
    check_found("I want to top up fifty yuan, please", Lang::En, Some((5_000, "fifty yuan")));
    check_found("top up fifty", Lang::En, Some((5_000, "fifty")));
    check_found("why was I charged ¥28.50?", Lang::En, Some((2_850, "¥28.50")));
    check_found("add a data plan", Lang::En, None);
}

proptest! {
    #[test]
    fn reads_back(fen in -10_000_000_i64..10_000_000) {
        prop_assert_eq!(Money::parse(&Money(fen).spoken(Lang::Zh), Lang::Zh), Some(Money(fen)));
        prop_assert_eq!(Money::parse(&Money(fen).to_string(), Lang::Zh), Some(Money(fen)));
        prop_assert_eq!(Money::parse(&Money(fen).spoken(Lang::En), Lang::En), Some(Money(fen)));
    }

    #[test]
    fn nothing_panics(text in "[一二三百块元毛分半零五0-9.¥ ]{0,14}|\\PC{0,16}|((one|fifty|yuan|fen|and|¥3) ){0,8}") {
        for lang in [Lang::Zh, Lang::En] {
            let _ = Money::parse(&text, lang);
            if let Some((_, span)) = Money::find(&text, lang) {
                prop_assert!(text.get(span).is_some());
            }
        }
    }
}
