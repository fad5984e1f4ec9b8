use super::*;
use proptest::prelude::*;

fn say(digits: &str) -> Step {
    Step::Say(digits.into())
}

fn fix(digits: &str) -> Step {
    Step::Fix(digits.into())
}

fn put(place: Place, digits: &str) -> Step {
    Step::Put { place, digits: digits.into() }
}

fn swap(wrong: &str, right: Option<&str>) -> Step {
    Step::Swap { wrong: wrong.into(), right: right.map(str::to_owned) }
}

#[track_caller]
fn check(text: &str, lang: Lang, expected: &[Step]) {
    let found = Dictation::read(text, lang);
    assert!(found.steps == expected, "{text}: {found:?}");
    assert!(found.only, "{text} has other words: {found:?}");
}

#[test]
fn mandarin_pieces() {
    let zh = |text: &str, digits: &str| check(text, Lang::Zh, &[say(digits)]);
    zh("138", "138");
    zh("幺三八", "138");
    zh("一三八", "138");
    zh("零零零零", "0000");
    zh("四个零", "0000");
    zh("两二", "22");
    zh("双二三", "223");
    zh("三个八九", "8889");
    zh("我的手机号码是幺三八，零零零零，幺二三四", "13800001234");
    zh("嗯，那个，138 0000", "1380000");
    zh("然后是一二三四吧", "1234");
    zh("好的，幺二三四", "1234");
}

#[test]
fn mandarin_repairs() {
    let zh = |text: &str, steps: &[Step]| check(text, Lang::Zh, steps);
    zh("不对，最后一位是九", &[put(Place::Last(Some(1)), "9")]);
    zh("最后一位是九", &[put(Place::Last(Some(1)), "9")]);
    zh("不是三八，是三九", &[swap("38", Some("39"))]);
    zh("不是三八是三九", &[swap("38", Some("39"))]);
    zh("中间是零零零零", &[put(Place::Middle, "0000")]);
    zh("中间是四个零", &[put(Place::Middle, "0000")]);
    zh("最后四位1234", &[put(Place::Last(Some(4)), "1234")]);
    zh("后四位是幺二三四", &[put(Place::Last(Some(4)), "1234")]);
    zh("最后是四个八", &[put(Place::Last(None), "8888")]);
    zh("最后四个零", &[put(Place::Last(None), "0000")]);
    zh("尾号是1234", &[put(Place::Last(None), "1234")]);
    zh("前三位是139", &[put(Place::First(Some(3)), "139")]);
    zh("开头是139", &[put(Place::First(None), "139")]);
    zh("第三位是九", &[put(Place::Nth(3), "9")]);
    zh("第十一位应该是二", &[put(Place::Nth(11), "2")]);
    zh("倒数第二位是五", &[put(Place::NthLast(2), "5")]);
    zh("最后一位不是八，是九", &[put(Place::Last(Some(1)), "9")]);
    zh("不对，是13800000002", &[fix("13800000002")]);
    zh("不是，是13800000002", &[fix("13800000002")]);
    zh("错了，幺三九", &[fix("139")]);
    zh("不是三八", &[swap("38", None)]);
    zh("重新说，幺三八", &[Step::Restart, say("138")]);
    zh("幺三八零，不对，幺三九零", &[say("1380"), fix("1390")]);
    zh("前三位是139，最后一位是二", &[put(Place::First(Some(3)), "139"), put(Place::Last(Some(1)), "2")]);
    zh("后面是1234", &[put(Place::Last(None), "1234")]);
}

#[test]
fn english_pieces() {
    let en = |text: &str, digits: &str| check(text, Lang::En, &[say(digits)]);
    en("138", "138");
    en("one three eight", "138");
    en("one three eight oh oh double oh", "1380000");
    en("triple eight nine", "8889");
    en("my number is 138-0000-1234", "13800001234");
    en("um, and then one two three four please", "1234");
    en("one thirty eight", "138");
    en("fifteen twenty", "1520");
}

#[test]
fn english_repairs() {
    let en = |text: &str, steps: &[Step]| check(text, Lang::En, steps);
    en("No, the last digit is nine.", &[put(Place::Last(Some(1)), "9")]);
    en("the last one is nine", &[put(Place::Last(Some(1)), "9")]);
    en("the last four are 1234", &[put(Place::Last(Some(4)), "1234")]);
    en("last four one two three four", &[put(Place::Last(Some(4)), "1234")]);
    en("last four digits one two three four", &[put(Place::Last(Some(4)), "1234")]);
    // A comma is not heard: whoever holds the number sees that it has no 3839 in it.
    en("Not three eight, three nine.", &[swap("3839", None)]);
    en("not 38 but 39", &[swap("38", Some("39"))]);
    en("it's not 138, it's 139", &[swap("138", Some("139"))]);
    en("the middle is zero zero zero zero", &[put(Place::Middle, "0000")]);
    en("the first three are one three nine", &[put(Place::First(Some(3)), "139")]);
    en("the third digit is nine", &[put(Place::Nth(3), "9")]);
    en("the second to last digit is five", &[put(Place::NthLast(2), "5")]);
    en("no, it's 13800000002", &[fix("13800000002")]);
    en("that's wrong, one three nine", &[fix("139")]);
    en("sorry, start over, one three eight", &[Step::Restart, say("138")]);
    en("it ends in 1234", &[put(Place::Last(None), "1234")]);
}

#[test]
fn what_is_no_number() {
    for (text, lang) in
        [("查话费", Lang::Zh), ("转人工", Lang::Zh), ("再说一遍", Lang::Zh), ("等一下", Lang::Zh), ("agent please", Lang::En)]
    {
        let found = Dictation::read(text, lang);
        assert!(found.steps.is_empty() && !found.only, "{text}: {found:?}");
    }
    let no = Dictation::read("不对", Lang::Zh);
    assert!(no.steps.is_empty() && no.denies && no.only);
    assert!(!Dictation::read("查一下13800000002的话费", Lang::Zh).only);
}

proptest! {
    /// Digits come back however they are grouped and said.
    #[test]
    fn digits_survive(number in "[0-9]{1,12}", cut in 0usize..12) {
        let cut = cut.min(number.len());
        let (head, tail) = number.split_at(cut);
        for text in [format!("{head} {tail}"), format!("嗯{head}，{tail}"), crate::text::number_zh::digits(&number)] {
            prop_assert_eq!(Dictation::read(&text, Lang::Zh).steps, vec![say(&number)], "{}", text);
        }
        for text in [format!("it's {head} {tail}"), crate::text::number_en::digits(&number)] {
            prop_assert_eq!(Dictation::read(&text, Lang::En).steps, vec![say(&number)], "{}", text);
        }
    }

    #[test]
    fn nothing_panics(text in "\\PC{0,24}|[一二幺0-9 ,，是不对最后位第中间]{0,24}|(last |first |not |four |nine |digit |double |is ){0,8}") {
        for lang in [Lang::Zh, Lang::En] {
            let _ = Dictation::read(&text, lang);
        }
    }
}
