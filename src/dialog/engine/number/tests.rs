use super::*;
use crate::text::Lang;
use proptest::prelude::*;

/// Says one thing after the other to a field that may have read `proposed` back.
#[track_caller]
fn check(proposed: Option<&str>, said: &[&str], length: Length, expected: Result<&str, &str>) {
    let mut field = NumberField::default();
    let mut last = None;
    let mut read_back = proposed.map(str::to_owned);
    for text in said {
        let lang = if text.is_ascii() && text.chars().any(|c| c.is_ascii_alphabetic()) { Lang::En } else { Lang::Zh };
        let took = field.take(&Dictation::read(text, lang), length, read_back.as_deref());
        read_back = match &took {
            Took::Whole(number) => Some(number.clone()),
            _ => None,
        };
        last = Some(took);
    }
    let found = match last {
        Some(Took::Whole(number)) => Ok(number),
        Some(Took::Unclear) => Err("?".to_owned()),
        Some(Took::Piece(_) | Took::Repaired) => Err(field.held().to_owned()),
        None => Err(String::new()),
    };
    assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{said:?}");
}

const PHONE: Length = Length::Phone;

#[test]
fn pieces_come_together() {
    check(None, &["138", "0000", "1234"], PHONE, Ok("13800001234"));
    check(None, &["幺三八", "四个零"], PHONE, Err("1380000"));
    check(None, &["1", "3", "8"], PHONE, Err("138"));
    check(None, &["138", "后面是零零零零", "最后四位1234"], PHONE, Ok("13800001234"));
    check(None, &["138", "中间是零零零零", "尾号是1234"], PHONE, Ok("13800001234"));
    check(None, &["1380000", "0000 1234"], PHONE, Ok("13800001234"));
    check(None, &["138", "13800001234"], PHONE, Ok("13800001234"));
    check(None, &["one three eight", "double oh double oh", "one two three four"], PHONE, Ok("13800001234"));
    check(None, &["246", "810"], Length::Fixed(6), Ok("246810"));
    check(None, &["13800001234567"], PHONE, Err("?"));
    check(None, &["010", "12345678"], PHONE, Ok("01012345678"));
    check(None, &["65432100"], PHONE, Ok("65432100"));
    check(None, &["1380000"], PHONE, Err("1380000"));
}

#[test]
fn repairs_while_pieces_come() {
    check(None, &["138", "不对，139"], PHONE, Err("139"));
    check(None, &["138", "0000", "不对，0001"], PHONE, Err("1380001"));
    check(None, &["138", "0000", "不是三八，是三九"], PHONE, Err("1390000"));
    check(None, &["138", "0000", "不对，最后一位是九"], PHONE, Err("1380009"));
    check(None, &["138", "0000", "重新说，139"], PHONE, Err("139"));
    check(None, &["1380000，不对，1390000", "1234"], PHONE, Ok("13900001234"));
    check(None, &["138", "不对，是13900001234"], PHONE, Ok("13900001234"));
}

#[test]
fn repairs_of_what_was_read_back() {
    let zh = |text: &str, expected: &str| check(Some("13800001234"), &[text], PHONE, Ok(expected));
    zh("不对，最后一位是九", "13800001239");
    zh("不对，最后四位是4321", "13800004321");
    zh("最后四位1235", "13800001235");
    zh("不是三八，是三九", "13900001234");
    zh("不是三八三九", "13900001234");
    zh("中间是零零零五", "13800051234");
    zh("第三位是九", "13900001234");
    zh("倒数第二位是五", "13800001254");
    zh("前三位是139", "13900001234");
    zh("不对，是13800000002", "13800000002");
    zh("13800000002", "13800000002");
    zh("不对，是一三九", "13900001234");
    zh("不对，一二三五", "13800001235");
    zh("尾号是5678", "13800005678");
    zh("no, the last digit is nine", "13800001239");
    zh("not three eight, three nine", "13900001234");
    zh("the middle is zero zero zero five", "13800051234");
    zh("重新说，13700001234", "13700001234");
    check(Some("13800001234"), &["不对，是九"], PHONE, Err("?"));
    check(Some("13800001234"), &["最后四位是123"], PHONE, Err("?"));
    check(Some("13800001234"), &["重新说，137"], PHONE, Err("137"));
}

#[test]
fn a_denied_number_is_not_proposed_again() {
    let mut field = NumberField::default();
    let say = |field: &mut NumberField, text: &str| field.take(&Dictation::read(text, Lang::Zh), PHONE, None);
    assert_eq!(say(&mut field, "13800001234"), Took::Whole("13800001234".into()));
    assert_eq!(field.deny("13800001234"), None);
    assert_eq!(say(&mut field, "13800001234"), Took::Unclear);
    assert_eq!(field.key("13800001234", PHONE), Took::Whole("13800001234".into()), "keys are sure");
}

#[test]
fn an_unclear_repair_has_more_than_one_reading() {
    let mut field = NumberField::default();
    // 38 stands in two places: the first is proposed, the other after a no.
    let said = Dictation::read("不是三八，是三九", Lang::Zh);
    assert_eq!(field.take(&said, PHONE, Some("13800003812")), Took::Whole("13900003812".into()));
    assert_eq!(field.deny("13900003812").as_deref(), Some("13800003912"));
    assert_eq!(field.deny("13800003912"), None);
}

#[test]
fn digits_do_not_show() {
    let mut field = NumberField::default();
    let took = field.take(&Dictation::read("13800001234", Lang::Zh), PHONE, None);
    assert!(!format!("{field:?} {took:?}").contains("1234"));
}

proptest! {
    /// However the number is cut, it comes together; one wrong digit is repaired by its place, by its neighbours, by its group or whole.
    #[test]
    fn any_single_fault_is_repaired(tail in "[0-9]{10}", cuts in proptest::collection::vec(1usize..11, 0..4), at in 0usize..11, shift in 1u32..10, way in 0usize..5) {
        let number = format!("1{tail}");
        let mut cuts = cuts;
        cuts.extend([0, 11]);
        cuts.sort_unstable();
        cuts.dedup();
        let wrong = |i: usize, c: char| char::from_digit((c.to_digit(10).unwrap() + shift) % 10, 10).filter(|_| i == at && at > 0).unwrap_or(c);
        let heard: String = number.chars().enumerate().map(|(i, c)| wrong(i, c)).collect();
        let mut field = NumberField::default();
        let mut took = Took::Unclear;
        for pair in cuts.windows(2) {
            took = field.take(&Dictation::read(heard.get(pair[0]..pair[1]).unwrap(), Lang::Zh), PHONE, None);
        }
        prop_assert_eq!(&took, &Took::Whole(heard.clone()));
        if heard == number {
            return Ok(());
        }
        let (group, end) = if at < 3 { (0, 3) } else if at < 7 { (3, 7) } else { (7, 11) };
        let repair = match way {
            0 => format!("不对，第{}位是{}", crate::text::number_zh::cardinal(at as i64 + 1), number.get(at..=at).unwrap()),
            1 => format!("不对，是{number}"),
            2 => format!("不对，{}", number.get(group..end).unwrap()),
            3 => format!("不是{}，是{}", heard.get(group..end).unwrap(), number.get(group..end).unwrap()),
            _ => format!("{}是{}", ["前三位", "中间", "后四位"][usize::from(group > 0) + usize::from(group > 3)], number.get(group..end).unwrap()),
        };
        let mut proposed = match field.take(&Dictation::read(&repair, Lang::Zh), PHONE, Some(&heard)) {
            Took::Whole(found) => Some(found),
            _ => None,
        };
        while let Some(found) = proposed.clone().filter(|found| *found != number) {
            // Only a repair that leaves its place open may need a no.
            prop_assert!(way == 2 || way == 3, "{repair} gave {found}");
            proposed = field.deny(&found);
        }
        prop_assert!(proposed.is_some() || way == 2 || way == 3, "{repair} of {heard} came to nothing");
    }
}
