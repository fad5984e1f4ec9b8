//! Files as offices write them.

use super::*;
use proptest::prelude::*;
use std::io::Write;

/// What is read of a file of these bytes.
fn read(bytes: &[u8]) -> (Form, Vec<Row>) {
    let path = std::env::temp_dir().join(format!("tingshuo-sheet-{}-{:?}", std::process::id(), std::thread::current().id()));
    let mut file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    file.write_all(bytes).unwrap();
    let form = Form::find(&mut file, None).unwrap();
    let mut sheet = Sheet::new(file, form);
    let mut rows = Vec::new();
    while let Some(row) = sheet.row().unwrap() {
        rows.push(row);
    }
    (form, rows)
}

#[track_caller]
fn check(bytes: &[u8], encoding: &'static Encoding, delimiter: u8) {
    let (form, rows) = read(bytes);
    assert_eq!(form, Form { encoding, delimiter });
    let expected = |line, fields: [&str; 2]| Row { line, fields: Ok(fields.map(str::to_owned).to_vec()) };
    assert_eq!(rows, [expected(1, ["手机号", "姓名"]), expected(2, ["13800000001", "王小明"])]);
}

#[test]
fn encodings_and_delimiters_are_found() {
    let text = "手机号,姓名\r\n13800000001,王小明\r\n";
    let utf_16 = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    check(text.as_bytes(), UTF_8, b',');
    check(text.trim_end().as_bytes(), UTF_8, b',');
    check(&[b"\xEF\xBB\xBF", text.as_bytes()].concat(), UTF_8, b',');
    check(&GB18030.encode(text).0, GB18030, b',');
    check(&utf_16(u16::to_le_bytes), UTF_16LE, b',');
    check(&utf_16(u16::to_be_bytes), UTF_16BE, b',');
    check(&[&b"\xFF\xFE"[..], &utf_16(u16::to_le_bytes)].concat(), UTF_16LE, b',');
    for delimiter in DELIMITERS {
        let other = text.replace(',', char::from(delimiter).encode_utf8(&mut [0; 4]));
        check(other.as_bytes(), UTF_8, delimiter);
    }
}

#[test]
fn what_is_no_record_is_told_with_its_line_and_nothing_after_it_is_lost() {
    let long = "长".repeat(LONGEST_LINE / 3 + 1);
    let mut text = format!("a,b\n1,\"two\nlines, \"\"quoted\"\"\"\n\n3,{long}\n4,x\n5,\"open\n").into_bytes();
    for n in 0..MOST_LINES + 5 {
        text.extend_from_slice(format!("{n},y\n").as_bytes());
    }
    text.extend_from_slice("字,字字字字字字字字字字字字字字字字字字字字\n".as_bytes());
    text.extend_from_slice(b"6,\xFF\n7,\"z");
    let (form, rows) = read(&text);
    assert_eq!(form.encoding, UTF_8, "one broken character does not change the encoding of thousands");
    let faults: Vec<(u64, Unreadable)> = rows.iter().filter_map(|row| Some((row.line, row.fields.clone().err()?))).collect();
    assert_eq!(
        faults,
        [(5, Unreadable::TooLong), (7, Unreadable::OpenQuote), (34, Unreadable::Characters("UTF-8")), (35, Unreadable::OpenQuote)]
    );
    assert_eq!(rows[1].fields.as_ref().unwrap(), &["1", "two\nlines, \"quoted\""]);
    let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [&[1, 2][..], &(5..=35).collect::<Vec<u64>>()].concat());
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_their_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (_, rows) = read(&bytes);
        prop_assert!(rows.len() <= bytes.len());
    }

    #[test]
    fn what_is_written_is_read(records in proptest::collection::vec(proptest::collection::vec("[a-z,;\"\n王李]{0,8}", 2..4), 1..12)) {
        let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
        let text: String = records.iter().map(|record| record.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n").collect();
        let (form, rows) = read(text.as_bytes());
        prop_assume!(form.delimiter == b',');
        let read: Vec<Vec<String>> = rows.into_iter().map(|row| row.fields.unwrap()).collect();
        let trimmed: Vec<Vec<String>> = records.iter().map(|record| record.iter().map(|field| field.trim().to_owned()).collect()).collect();
        prop_assert_eq!(read, trimmed);
    }
}
