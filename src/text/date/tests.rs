use super::*;
use jiff::civil::{date, time};
use proptest::prelude::*;

/// A Sunday.
const TODAY: Date = date(2026, 11, 22);

#[track_caller]
fn check_month(text: &str, lang: Lang, year: i16, month: i8) {
    assert_eq!(Month::parse(text, lang, TODAY), Some(Month { year, month }), "{text}");
}

#[track_caller]
fn check_day(text: &str, lang: Lang, expected: Date) {
    assert_eq!(parse_day(text, lang, TODAY), Some(expected), "{text}");
}

#[track_caller]
fn check_time(text: &str, lang: Lang, expected: Time) {
    assert_eq!(parse_time(text, lang), Some(expected), "{text}");
}

#[track_caller]
fn check_spoken_time(at: Time, zh: &str, en: &str) {
    assert_eq!((spoken_time(at, Lang::Zh).as_str(), spoken_time(at, Lang::En).as_str()), (zh, en));
    check_time(zh, Lang::Zh, at);
}

#[track_caller]
fn check_found<T: PartialEq + std::fmt::Debug>(text: &str, found: Option<(T, Range<usize>)>, expected: Option<(T, &str)>) {
    let found = found.map(|(value, span)| (value, text.get(span).expect("a span on character borders")));
    assert_eq!(found, expected, "{text}");
}

#[test]
fn months() {
    check_month("本月", Lang::Zh, 2026, 11);
    check_month("这个月", Lang::Zh, 2026, 11);
    check_month("上个月", Lang::Zh, 2026, 10);
    check_month("上一个月", Lang::Zh, 2026, 10);
    check_month("上上个月", Lang::Zh, 2026, 9);
    check_month("九月", Lang::Zh, 2026, 9);
    check_month("九月份", Lang::Zh, 2026, 9);
    check_month("9月", Lang::Zh, 2026, 9);
    check_month("十二月", Lang::Zh, 2025, 12);
    check_month("去年十二月", Lang::Zh, 2025, 12);
    check_month("今年一月份", Lang::Zh, 2026, 1);
    check_month("二零二六年九月", Lang::Zh, 2026, 9);
    check_month("2025年10月", Lang::Zh, 2025, 10);
    check_month("this month", Lang::En, 2026, 11);
    check_month("Last month", Lang::En, 2026, 10);
    check_month("September", Lang::En, 2026, 9);
    check_month("Dec", Lang::En, 2025, 12);
    check_month("September last year", Lang::En, 2025, 9);
    check_month("last September", Lang::En, 2026, 9);
    check_month("September 2026", Lang::En, 2026, 9);
    for text in ["", "月", "十三月", "三个月", "明年一月", "今年十二月", "九"] {
        assert_eq!(Month::parse(text, Lang::Zh, TODAY), None, "{text}");
    }
    assert_eq!(Month { year: 2026, month: 9 }.spoken(Lang::Zh, TODAY), "九月份");
    assert_eq!(Month { year: 2025, month: 12 }.spoken(Lang::Zh, TODAY), "二零二五年十二月份");
    assert_eq!(Month { year: 2026, month: 9 }.spoken(Lang::En, TODAY), "September");
    assert_eq!(Month { year: 2025, month: 12 }.spoken(Lang::En, TODAY), "December twenty twenty-five");
}

#[test]
fn months_inside_a_sentence() {
    let september = Month { year: 2026, month: 9 };
    let find = |text, lang| Month::find(text, lang, TODAY);
    check_found("查一下九月份的话费", find("查一下九月份的话费", Lang::Zh), Some((september, "九月份")));
    check_found("不对，是9月", find("不对，是9月", Lang::Zh), Some((september, "9月")));
    check_found("十月三号停的", find("十月三号停的", Lang::Zh), None);
    check_found("用了三个月", find("用了三个月", Lang::Zh), None);
    check_found("上上个月", find("上上个月", Lang::Zh), Some((september, "上上个月")));
    check_found("我上一个月用了多少", find("我上一个月用了多少", Lang::Zh), Some((Month { year: 2026, month: 10 }, "上一个月")));
    check_found("my September bill", find("my September bill", Lang::En), Some((september, "September")));
    check_found("may I ask", find("may I ask", Lang::En), None);
    check_found("on October third", find("on October third", Lang::En), None);
}

#[test]
fn days() {
    check_day("今天", Lang::Zh, TODAY);
    check_day("大后天", Lang::Zh, date(2026, 11, 25));
    check_day("十月三号", Lang::Zh, date(2026, 10, 3));
    check_day("十二月三日", Lang::Zh, date(2026, 12, 3));
    check_day("一月五号", Lang::Zh, date(2027, 1, 5));
    check_day("三号", Lang::Zh, date(2026, 12, 3));
    check_day("25号", Lang::Zh, date(2026, 11, 25));
    check_day("下个月五号", Lang::Zh, date(2026, 12, 5));
    check_day("下周二", Lang::Zh, date(2026, 11, 24));
    check_day("这周五", Lang::Zh, date(2026, 11, 20));
    check_day("星期三", Lang::Zh, date(2026, 11, 25));
    check_day("礼拜天", Lang::Zh, TODAY);
    check_day("二零二六年十月三号", Lang::Zh, date(2026, 10, 3));
    check_day("2026-10-03", Lang::Zh, date(2026, 10, 3));
    check_day("三天后", Lang::Zh, date(2026, 11, 25));
    check_day("tomorrow", Lang::En, date(2026, 11, 23));
    check_day("next Tuesday", Lang::En, date(2026, 11, 24));
    check_day("Friday", Lang::En, date(2026, 11, 27));
    check_day("October third", Lang::En, date(2026, 10, 3));
    check_day("December 3rd", Lang::En, date(2026, 12, 3));
    check_day("the third of December", Lang::En, date(2026, 12, 3));
    check_day("3 December 2027", Lang::En, date(2027, 12, 3));
    check_day("the third", Lang::En, date(2026, 12, 3));
    for text in ["", "号", "二月三十号", "三十二号", "周八"] {
        assert_eq!(parse_day(text, Lang::Zh, TODAY), None, "{text}");
    }
    assert_eq!(spoken_day(date(2026, 10, 3), Lang::Zh), "十月三日");
    assert_eq!(spoken_day(date(2026, 10, 3), Lang::En), "October third");
}

#[test]
fn days_inside_a_sentence() {
    check_found("约在下周二上门", find_day("约在下周二上门", Lang::Zh, TODAY), Some((date(2026, 11, 24), "下周二")));
    check_found("三号线", find_day("三号线", Lang::Zh, TODAY), None);
    check_found("我要换号", find_day("我要换号", Lang::Zh, TODAY), None);
    check_found("can you come tomorrow?", find_day("can you come tomorrow?", Lang::En, TODAY), Some((date(2026, 11, 23), "tomorrow")));
}

#[test]
fn times() {
    check_spoken_time(time(9, 0, 0, 0), "上午九点", "nine am");
    check_spoken_time(time(15, 30, 0, 0), "下午三点半", "three thirty pm");
    check_spoken_time(time(20, 5, 0, 0), "晚上八点零五分", "eight oh five pm");
    check_spoken_time(time(12, 0, 0, 0), "中午十二点", "noon");
    check_spoken_time(time(14, 0, 0, 0), "下午两点", "two pm");
    check_spoken_time(time(0, 0, 0, 0), "凌晨零点", "midnight");
    check_time("今晚八点", Lang::Zh, time(20, 0, 0, 0));
    check_time("十点一刻", Lang::Zh, time(10, 15, 0, 0));
    check_time("九点钟", Lang::Zh, time(9, 0, 0, 0));
    check_time("09:30", Lang::Zh, time(9, 30, 0, 0));
    check_time("3 pm", Lang::En, time(15, 0, 0, 0));
    check_time("half past nine", Lang::En, time(9, 30, 0, 0));
    check_time("three thirty pm", Lang::En, time(15, 30, 0, 0));
    check_time("9 o'clock", Lang::En, time(9, 0, 0, 0));
    check_found("明天下午三点上门", find_time("明天下午三点上门", Lang::Zh), Some((time(15, 0, 0, 0), "下午三点")));
    check_found("快一点", find_time("快一点", Lang::Zh), None);
    check_found("三点五个G", find_time("三点五个G", Lang::Zh), None);
    let moment = date(2026, 11, 23).at(20, 0, 0, 0);
    assert_eq!(spoken_moment(moment, Lang::Zh, TODAY), "明天晚上八点");
    assert_eq!(spoken_moment(moment, Lang::En, TODAY), "tomorrow at eight pm");
}

proptest! {
    #[test]
    fn months_read_back(back in 0_i32..60) {
        let month = Month::of(TODAY).earlier(back);
        for lang in [Lang::Zh, Lang::En] {
            prop_assert_eq!(Month::parse(&month.spoken(lang, TODAY), lang, TODAY), Some(month));
        }
    }

    #[test]
    fn days_and_times_read_back(ahead in -150_i64..150, hour in 0_i8..24, minute in 0_i8..60) {
        let day = days_ahead(ahead, TODAY).unwrap();
        let at = time(hour, minute, 0, 0);
        for lang in [Lang::Zh, Lang::En] {
            prop_assert_eq!(parse_day(&spoken_day(day, lang), lang, TODAY), Some(day));
            prop_assert_eq!(parse_time(&spoken_time(at, lang), lang), Some(at));
        }
    }

    #[test]
    fn nothing_panics(text in "[上下个月周号日点半年一二三十0-9:]{0,12}|\\PC{0,16}|((next|may|third|of|october|the|2026|half past|pm) ){0,6}") {
        for lang in [Lang::Zh, Lang::En] {
            let _ = (Month::find(&text, lang, TODAY), find_day(&text, lang, TODAY), find_time(&text, lang));
        }
    }
}
