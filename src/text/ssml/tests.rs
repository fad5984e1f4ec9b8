use super::*;
use crate::text::Lang;
use crate::text::normalise;
use proptest::prelude::*;

/// The parts in short: text, `[ms]`, `{mark}`, and `text*rate/volume` where it is not plain.
fn short(document: &Document) -> String {
    let parts = document.parts.iter().map(|part| match part {
        Part::Text { text, prosody } if *prosody == Prosody::PLAIN => text.clone(),
        Part::Text { text, prosody } => format!("{text}*{:.2}/{:.2}", prosody.rate, prosody.volume),
        Part::Break { ms } => format!("[{ms}]"),
        Part::Mark(name) => format!("{{{name}}}"),
    });
    parts.collect::<Vec<_>>().join("|")
}

#[track_caller]
fn check(inside: &str, expected: &str) {
    let document = parse(&format!("<speak>{inside}</speak>")).unwrap_or_else(|error| panic!("{inside}: {error}"));
    assert_eq!(short(&document), expected, "{inside}");
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    assert_eq!(parse(text).unwrap_err().to_string(), expected);
}

#[test]
fn plain_text_is_not_markup() {
    for plain in ["您好", "A&B", "5 < 6", "", "compile&flash"] {
        assert!(!is_markup(plain), "{plain}");
    }
    for markup in ["<speak>您好</speak>", " \n<speak/>", "\u{FEFF}<?xml version='1.0'?><speak/>", "<<foo"] {
        assert!(is_markup(markup), "{markup}");
    }
}

#[test]
fn text_and_pauses() {
    check("您好", "您好");
    check("\n  您好，\n  请说。\n", "您好， 请说。 ");
    check("您好<break/>请说", "您好|[320]|请说");
    check("您好<break time='500ms'/>请说<break time=\"1.5s\"/>", "您好|[500]|请说|[1500]");
    check("一<break strength='none'/>二<break strength='x-strong'/>三", "一|[0]|二|[1000]|三");
    check("<p><s>您好。</s><s>请说。</s></p>再见", "您好。|[320]|请说。|[600]|再见");
    check("A &amp; B &lt; &#67;", "A & B < C");
    check("您<!-- 不说 -->好", "您好");
    check("一<mark name='here'/>二", "一|{here}|二");
}

#[test]
fn prosody_is_relative_and_nests() {
    check("<prosody rate='slow'>慢</prosody>快", "慢*0.80/1.00|快");
    check("<prosody rate='50%'><prosody rate='50%'>慢</prosody></prosody>", "慢*0.25/1.00");
    check("<prosody rate='+20%' volume='-6dB'>x</prosody>", "x*1.20/0.50");
    check("<prosody rate='fast'><prosody rate='default'>x</prosody></prosody>", "x");
    check("<prosody volume='50'>x</prosody>", "x*1.00/0.50");
    check("<prosody volume='loud' pitch='high' range='low'>x</prosody>", "x*1.00/1.50");
    check("<prosody rate='9'>x</prosody>", "x*4.00/1.00");
}

#[test]
fn other_words_than_written() {
    check("<sub alias='听说电信'>TS</sub>为您服务", "听说电信为您服务");
    let document = parse("<speak>请<phoneme alphabet='x-pinyin' ph='chong2 xin1'>重新</phoneme>说</speak>").unwrap();
    assert_eq!(document.plain(), "请重新说");
    assert_eq!(document.parts.len(), 1);
    check("<phoneme alphabet='x-sampa' ph='@'>a</phoneme>", "a");
}

#[track_caller]
fn says(how: &str, written: &str, zh: &str, en: &str) {
    for (lang, expected) in [(Lang::Zh, zh), (Lang::En, en)] {
        let document = parse(&format!("<speak xml:lang='{lang}'><say-as {how}>{written}</say-as></speak>")).unwrap();
        assert_eq!(normalise::spoken(&document.plain(), lang), expected, "{how} {written}");
    }
}

#[test]
fn say_as() {
    says("interpret-as='cardinal'", "12345", "一万两千三百四十五", "twelve thousand three hundred and forty-five");
    says("interpret-as='number'", "-3.5", "负三点五", "minus three point five");
    says("interpret-as='ordinal'", "3", "第三", "third");
    says("interpret-as='number' format='ordinal'", "21", "第二十一", "twenty-first");
    says("interpret-as='digits'", "2026", "二零二六", "two zero two six");
    says("interpret-as='characters'", "A1b", "诶幺必", "A, one, B");
    says("interpret-as='spell-out'", "SIM", "艾丝爱艾姆", "S, I, M");
    says(
        "interpret-as='telephone'",
        "13800001234",
        "幺三八，零零零零，幺二三四",
        "one three eight, zero zero zero zero, one two three four",
    );
    says("interpret-as='telephone'", "400-123-4567", "四零零，幺二三，四五六七", "four zero zero, one two three, four five six seven");
    says("interpret-as='date'", "2026-11-22", "二零二六年十一月二十二日", "November twenty-second, twenty twenty-six");
    says("interpret-as='date' format='dmy'", "22/11/2026", "二零二六年十一月二十二日", "November twenty-second, twenty twenty-six");
    says("interpret-as='date' format='md'", "11/22", "十一月二十二日", "November twenty-second");
    says("interpret-as='date' format='ym'", "2026-09", "二零二六年九月", "September twenty twenty-six");
    says("interpret-as='date' format='ymd'", "20261122", "二零二六年十一月二十二日", "November twenty-second, twenty twenty-six");
    says("interpret-as='time'", "20:05", "二十点零五分", "eight oh five pm");
    says("interpret-as='currency'", "CNY 128.5", "一百二十八块五", "one hundred and twenty-eight yuan fifty");
    says("interpret-as='date'", "someday", "艾丝欧艾姆伊弟诶歪", "someday");
    says("interpret-as='x-mood'", "30元", "三十元", "thirty 元");
}

#[test]
fn other_elements_of_the_standard_are_spoken_through() {
    check("<emphasis level='strong'>您好</emphasis><voice name='x'>请</voice><audio src='no.wav'><desc>钟声</desc>说</audio>", "您好请说");
    check("<metadata><x xmlns='urn:x'>secret</x></metadata>您好<y:z xmlns:y='urn:y'>请说</y:z>", "您好请说");
    let whole = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<speak version=\"1.1\" xmlns=\"http://www.w3.org/2001/10/synthesis\" xml:lang=\"en-GB\">\nHello<break/>there\n</speak>";
    let document = parse(whole).unwrap();
    assert_eq!((document.lang.as_deref(), short(&document).as_str()), (Some("en-GB"), "Hello|[320]|there "));
}

#[test]
fn faults_have_a_place() {
    refused("<speak>您好<brake/></speak>", "1:10: <brake> is not an element of SSML");
    refused("<speak>\n <break time='5'/></speak>", "2:2: time \"5\" is neither like \"500ms\" nor like \"1.5s\"");
    refused("<speak><break time='60s'/></speak>", "1:8: a break is at most 10 s");
    refused("<speak><break strength='huge'/></speak>", "1:8: strength \"huge\" is none of none, x-weak, weak, medium, strong, x-strong");
    refused("<speak><sub>TS</sub></speak>", "1:8: <sub> needs alias=\"…\"");
    refused("<speak><sub alias='x'><mark name='a'/></sub></speak>", "1:23: <sub> holds text only");
    refused(
        "<speak><phoneme alphabet='pinyin' ph='chong9'>重</phoneme></speak>",
        "1:8: \"chong9\" is no syllable of pinyin; write syllables with tones, as in \"chong2 xin1\"",
    );
    refused("<say>您好</say>", "1:1: the document element must be <speak>, not <say>");
    refused("<speak><speak/></speak>", "1:8: <speak> may stand at the top only");
    refused("<speak version='3'/>", "1:1: version \"3\" is not known: 1.0 and 1.1 are");
    assert!(parse("<speak>\n您好</speek>").unwrap_err().to_string().starts_with("2:3: not well-formed"));
    assert!(parse("<<foo").unwrap_err().to_string().starts_with("1:2: not well-formed"));
}

#[test]
fn bombs_are_refused_at_once() {
    assert!(parse("<!DOCTYPE x [<!ENTITY a 'aaaa'>]><speak>&a;</speak>").unwrap_err().reason.contains("DTD"));
    let nested = |depth: usize| format!("<speak>{}x{}</speak>", "<p>".repeat(depth), "</p>".repeat(depth));
    assert!(parse(&nested(1_500)).unwrap_err().reason.contains("too many tags"));
    assert!(parse(&nested(400)).unwrap_err().reason.contains("too deeply"));
    parse(&nested(39)).unwrap();
    parse(&format!("<speak>{}</speak>", "<break/>".repeat(900))).unwrap();
    assert!(parse(&format!("<speak>{}</speak>", "好".repeat(30_000))).unwrap_err().reason.contains("too long"));
}

proptest! {
    #[test]
    fn any_text_is_a_document_or_a_fault(text in "(<speak>)?(<(break|mark|sub|say-as|phoneme|prosody)( (time|name|alias|interpret-as|ph|rate|volume|format)='[^'<&]{0,6}')?/?>|\\PC{0,6}|</speak>){0,8}") {
        if let Ok(document) = parse(&text) {
            for part in &document.parts {
                if let Part::Text { prosody, .. } = part {
                    prop_assert!(RATES_AND_VOLUMES.contains(&prosody.rate) && RATES_AND_VOLUMES.contains(&prosody.volume));
                }
            }
        }
    }
}

const RATES_AND_VOLUMES: std::ops::RangeInclusive<f32> = 0.0..=4.0;
