//! What must be understood, with the project's own words; the sentences are not among the examples.

use super::*;
use crate::models::data_dir;
use crate::text::{Digits, Money, date::Month};
use jiff::civil::date;
use proptest::prelude::*;
use std::sync::LazyLock;

static ROUTER: LazyLock<Router> = LazyLock::new(|| Router::load(&data_dir()).expect("the project's own examples"));

fn understand(text: &str, lang: Lang, asked: Option<&str>) -> Understood {
    let expectation = Expectation { grammar: asked.map(str::to_owned), slot: asked.map(|_| "asked".to_owned()), terms: Vec::new() };
    ROUTER.understand(text, lang, &expectation, date(2026, 10, 12))
}

/// With no question open; `None` means rejected.
#[track_caller]
fn check(text: &str, expected: Option<Intent>) {
    let lang = if text.is_ascii() { Lang::En } else { Lang::Zh };
    let understood = understand(text, lang, None);
    let answer = understood.intent.filter(|_| understood.decision != Decision::Reject);
    assert_eq!(answer, expected, "{understood:?}");
}

/// In answer to a question: the intent that came with it, and the asked slot.
#[track_caller]
fn check_asked(asked: &str, text: &str, intent: Option<Intent>, value: Option<Value>) {
    let lang = if text.is_ascii() && text.contains(' ') { Lang::En } else { Lang::Zh };
    let understood = understand(text, lang, Some(asked));
    assert_eq!(understood.slots.get("asked"), value.as_ref(), "{understood:?}");
    assert_eq!(understood.intent.filter(|_| understood.decision != Decision::Reject), intent, "{understood:?}");
}

fn month(month: i8) -> Option<Value> {
    Some(Value::Month(Month { year: 2026, month }))
}

#[test]
fn requests() {
    check("喂你好我想知道我手机里头还剩几块钱话费", Some(Intent::QueryBalance));
    check("帮我瞧瞧上个月到底花了多少话费", Some(Intent::QueryBill));
    check("我这个月流量是不是快用光了帮我查查", Some(Intent::QueryDataUsage));
    check("我现在到底用的哪个套餐呀", Some(Intent::QueryPlan));
    check("家里宽带从昨晚开始就一直上不了网", Some(Intent::BroadbandFault));
    check("我手机在公交车上被人偷了快帮我挂失", Some(Intent::ReportLoss));
    check("能不能帮我接个真人客服啊", Some(Intent::TransferAgent));
    check("把那个彩铃业务给我关了吧", Some(Intent::CancelService));
    check("我要投诉你们营业厅那个人的态度", Some(Intent::Complaint));
    check("下礼拜去泰国手机要不要开通国际漫游", Some(Intent::Roaming));
    check("i would like to know my account balance please", Some(Intent::QueryBalance));
    check("my home internet has been down since this morning", Some(Intent::BroadbandFault));
    check("someone stole my phone please block the sim", Some(Intent::ReportLoss));
    check("could you put me through to a real person", Some(Intent::TransferAgent));
}

#[test]
fn right_sound_wrong_characters() {
    check("查划费", Some(Intent::QueryBalance));
    check("帮我茶一下刘量", Some(Intent::QueryDataUsage));
    check("转仁工", Some(Intent::TransferAgent));
    check("我要瓜湿", Some(Intent::ReportLoss));
}

#[test]
fn takes_back_and_means_another_thing() {
    check("不是查话费，我是要查流量", Some(Intent::QueryDataUsage));
    check("我说错了，查流量，不对我要查话费", Some(Intent::QueryBalance));
}

#[test]
fn phrases_understood_everywhere() {
    check("再说一遍", Some(Intent::Repeat));
    check("嗯，返回上一步吧", Some(Intent::Back));
    check("主菜单", Some(Intent::Menu));
    check("好的谢谢", Some(Intent::Thanks));
    check("没有了谢谢再见", Some(Intent::Goodbye));
    check("喂，你好", Some(Intent::Greeting));
    check("main menu please", Some(Intent::Menu));
    check("thank you bye", Some(Intent::Goodbye));
}

#[test]
fn none_of_our_business() {
    check("", None);
    check("。。。", None);
    check("我想那个", None);
    check("给我讲个笑话听听", None);
    check("我要订一张去西安的机票", None);
    check("tell me a joke about cats", None);
}

#[test]
fn values_come_with_requests() {
    let understood = understand("帮我查一下九月份的账单", Lang::Zh, None);
    assert_eq!(understood.slots.get("month"), month(9).as_ref());
    let understood = understand("给我充五十块钱话费", Lang::Zh, None);
    assert_eq!(understood.slots.get("amount"), Some(&Value::Money(Money(5000))));
}

#[test]
fn names_come_with_requests_and_corrections() {
    let name = |text: &str, slot: &str| understand(text, Lang::Zh, None).slots.get(slot).cloned();
    let code = |code: &str| Some(Value::Text(code.to_owned()));
    assert_eq!(name("我想把套餐换成畅享99", "plan"), code("enjoy_99"));
    assert_eq!(name("不是取消视频会员，是取消彩铃", "service"), code("ringtone"));
    let both = understand("取消视频会员，顺便帮我换成畅享59套餐", Lang::Zh, None);
    assert_eq!(both.slots, Record::from([("service".to_owned(), Value::Text("video".to_owned()))]), "{both:?}");
    assert_eq!(both.also.first().map(|(_, slots)| slots.get("plan").cloned()), Some(code("enjoy_59")), "{both:?}");
}

#[test]
fn answers_to_yes_or_no() {
    for yes in ["是的", "对对对", "嗯，可以", "没错", "好的好的", "是我本人", "确认", "yes it is", "yeah sure"] {
        check_asked("yes_no", yes, Some(Intent::Affirm), Some(Value::Flag(true)));
    }
    for no in ["不是", "不要了", "不用了谢谢", "没有", "不对不对", "算了吧", "还是不行", "no thanks", "not really no"]
    {
        check_asked("yes_no", no, Some(Intent::Deny), Some(Value::Flag(false)));
    }
}

#[test]
fn answers_to_questions_for_values() {
    check_asked("month", "九月份", None, month(9));
    check_asked("month", "嗯，就查上个月的", None, month(9));
    check_asked("month", "不是八月，是九月", None, month(9));
    let pin = Digits::parse("258013").map(Value::Digits);
    check_asked("digits_6", "二五八零一三", None, pin.clone());
    check_asked("digits_6", "258013", None, pin);
}

#[test]
fn a_correction_denies_and_tells() {
    let understood = understand("不对，是九月份", Lang::Zh, Some("yes_no"));
    assert_eq!(understood.intent, Some(Intent::Deny), "{understood:?}");
    assert_eq!(understood.slots.get("asked"), Some(&Value::Flag(false)));
    assert_eq!(understood.slots.get("month"), month(9).as_ref());
}

#[test]
fn what_is_put_right_is_told_from_what_is_refused() {
    let corrected = |text, slot| {
        let understood = understand(text, Lang::Zh, None);
        understood.slots.get(slot).cloned().filter(|_| understood.corrects)
    };
    assert_eq!(corrected("不对，是九月份", "month"), month(9));
    assert_eq!(corrected("不是七月，是九月", "month"), month(9));
    assert_eq!(corrected("不用查七月了", "month"), None);
    assert_eq!(corrected("不要取消彩铃", "service"), None);
    assert_eq!(corrected("查九月的账单", "month"), None);
}

#[test]
fn a_hello_or_a_farewell_beside_what_is_not_understood() {
    check("你好那个墙上的猫咪", Some(Intent::Greeting));
    check("那个墙上的猫咪谢谢再见", Some(Intent::Goodbye));
    check("那个墙上的猫咪", None);
}

#[test]
fn another_request_comes_through_a_question() {
    check_asked("month", "转人工", Some(Intent::TransferAgent), None);
    check_asked("month", "我要挂失手机卡", Some(Intent::ReportLoss), None);
    check_asked("yes_no", "再说一遍", Some(Intent::Repeat), None);
    check_asked("yes_no", "帮我查一下流量还有多少", Some(Intent::QueryDataUsage), None);
    check_asked("digits_6", "我忘记密码了", Some(Intent::Password), None);
    check_asked("month", "帮我查九月份的流量用了多少", Some(Intent::QueryDataUsage), month(9));
}

#[test]
fn badly_heard_guesses_are_never_acted_on() {
    let heard = |confidence| Heard { text: "帮我查一下我的流量还剩多少", hearing_confidence: Some(confidence) };
    let decide = |confidence| ROUTER.understand_heard(heard(confidence), Lang::Zh, &Expectation::default(), date(2026, 10, 12)).decision;
    assert_eq!(decide(0.9), Decision::Accept);
    assert_eq!(decide(0.3), Decision::Confirm);
    assert_eq!(decide(0.1), Decision::Reject);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_is_understood_or_rejected_alike(text in "\\PC{0,60}", asked in prop::option::of("(yes_no|month|digits_6|phone_number|amount|x)")) {
        let once = understand(&text, Lang::Zh, asked.as_deref());
        prop_assert!((0.0..=1.0).contains(&once.confidence));
        prop_assert_eq!(&once, &understand(&text, Lang::Zh, asked.as_deref()));
        understand(&text, Lang::En, asked.as_deref());
    }
}

#[test]
fn only_the_beginning_of_endless_text_is_looked_at() {
    let said = "帮我查一下话费".repeat(40);
    let understood = understand(&said, Lang::Zh, None);
    let endless = understand(&said.repeat(1000), Lang::Zh, None);
    assert_eq!((understood.intent, understood.confidence), (endless.intent, endless.confidence));
}

/// The requests of one sentence, in order.
#[track_caller]
fn check_several(text: &str, expected: &[Intent]) {
    let understood = understand(text, if text.is_ascii() { Lang::En } else { Lang::Zh }, None);
    assert_eq!(understood.decision, Decision::Accept, "{understood:?}");
    let requests: Vec<Intent> = understood.intent.into_iter().chain(understood.also.iter().map(|(intent, _)| *intent)).collect();
    assert_eq!(requests, expected, "{understood:?}");
}

#[test]
fn several_requests_in_one_sentence() {
    use Intent::*;
    check_several("查一下话费，顺便看看流量还剩多少", &[QueryBalance, QueryDataUsage]);
    check_several("帮我查话费和流量", &[QueryBalance, QueryDataUsage]);
    check_several("我手机丢了帮我挂失，然后补办一张手机卡", &[ReportLoss, ReplaceSim]);
    check_several("查一下九月份账单另外帮我转人工", &[QueryBill, TransferAgent]);
    check_several("check my balance and also how much data i have left", &[QueryBalance, QueryDataUsage]);
    for one in ["查话费，查一下话费还有多少", "我的套餐里还有多少流量", "你好，查一下话费，谢谢", "我要查账单和明细"]
    {
        let understood = understand(one, Lang::Zh, None);
        assert!(understood.also.is_empty(), "{understood:?}");
    }
}

#[test]
fn every_request_has_its_own_slots() {
    let understood = understand("查一下九月份的账单，顺便充五十块钱话费", Lang::Zh, None);
    assert_eq!(understood.slots, Record::from([("month".to_owned(), Value::Month(Month { year: 2026, month: 9 }))]), "{understood:?}");
    let amount = Record::from([("amount".to_owned(), Value::Money(Money(5000)))]);
    assert_eq!(understood.also, [(Intent::Recharge, amount)], "{understood:?}");
}

#[test]
fn vague_requests_become_a_question() {
    use Intent::*;
    for (text, likeliest) in [
        ("我想办业务", ChangePlan),
        ("嗯帮我查一下", QueryBalance),
        ("流量", QueryDataUsage),
        ("套餐", QueryPlan),
        ("宽带", BroadbandFault),
        ("有点问题", NetworkFault),
        ("my plan", QueryPlan),
        ("i have a question", QueryBalance),
    ] {
        let understood = understand(text, if text.is_ascii() { Lang::En } else { Lang::Zh }, None);
        assert_eq!(understood.reason, Some(RejectReason::Vague), "{understood:?}");
        assert_eq!(understood.alternatives.first().map(|(intent, _)| *intent), Some(likeliest), "{understood:?}");
        assert!(understood.alternatives.len() > 1, "{understood:?}");
    }
    for clear in ["查流量", "我要取消套餐", "宽带坏了", "查套餐", "话费"] {
        assert_ne!(understand(clear, Lang::Zh, None).reason, Some(RejectReason::Vague), "{clear}");
    }
}

/// A negated request must never be taken for the request.
#[test]
fn negated_requests_are_not_done() {
    use Intent::*;
    let harmful = [CancelService, ChangePlan, BuyData, Recharge, CloseAccount, ReportLoss, ReplaceSim, Password];
    for text in [
        "不要取消",
        "不要取消套餐",
        "别给我取消套餐",
        "我不想取消这个业务",
        "先不取消流量包",
        "不用帮我办套餐",
        "我不想换套餐",
        "别换套餐",
        "不要给我开流量包",
        "我没说要买流量",
        "不充值",
        "先不充话费",
        "我不想销户",
        "不要注销我的号码",
        "别给我注销了",
        "我不是要充话费",
        "不办套餐了",
        "不用给我退订业务",
        "我没让你取消彩铃",
        "不要乱开业务",
        "dont cancel my plan",
        "please do not change my plan",
        "i dont want to buy data",
        "do not close my account",
        "i didnt ask you to cancel anything",
    ] {
        let understood = understand(text, if text.is_ascii() { Lang::En } else { Lang::Zh }, None);
        let taken = understood.intent.filter(|intent| understood.decision != Decision::Reject && harmful.contains(intent));
        assert_eq!(taken, None, "{understood:?}");
    }
    check("不要取消套餐，我要查流量", Some(QueryDataUsage));
    check("不取消了帮我查话费", Some(QueryBalance));
    check("这个套餐我不要了给我取消", Some(CancelService));
    check("能不能取消彩铃", Some(CancelService));
    check("怎么给我开了个手机报，我要取消", Some(CancelService));
    check("不知道什么时候订的会员，给我退订了", Some(CancelService));
    check("为什么不给我取消流量包", Some(CancelService));
}

#[test]
fn nobody_waits_behind_the_wish_for_a_person_that_was_heard_well() {
    let wants = |text, hearing_confidence, lang| ROUTER.wants_a_person(Heard { text, hearing_confidence }, lang);
    for (text, lang) in [("转人工", Lang::Zh), ("我想转人工服务", Lang::Zh), ("I want to speak to an agent", Lang::En)] {
        assert!(wants(text, Some(0.8), lang), "{text}");
        assert!(!wants(text, Some(0.3), lang), "{text}, heard badly");
    }
    for text in ["转人公", "转人工查话费", "我要查话费", ""] {
        assert!(!wants(text, Some(0.9), Lang::Zh), "{text}");
    }
}
