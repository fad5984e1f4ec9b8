//! Rows become contacts or faults, each one of them.

use super::*;
use crate::outbound::Calendar;
use crate::outbound::campaign::{create, find};
use crate::store::{Database, NewCampaign, Signed, SoughtContacts};
use crate::text::Lang;
use encoding_rs::UTF_8;

const FORM: Form = Form { encoding: UTF_8, delimiter: b',' };

pub fn campaign(name: &str) -> NewCampaign {
    NewCampaign {
        name: name.to_owned(),
        flow: "welcome".to_owned(),
        lang: Lang::Zh,
        trunk: String::new(),
        caller: String::new(),
        week: String::new(),
        per_minute: 60,
        concurrent: 10,
        most_attempts: 3,
        needs_consent: false,
        on_machine: "message".to_owned(),
    }
}

async fn import(database: &Database, text: &str) -> (Imported, Vec<(u64, String)>) {
    let calendar = Calendar::built_in();
    let now = Timestamp::UNIX_EPOCH;
    let id = match find(database, "a").await {
        Ok(campaign) => campaign.id,
        Err(_) => create(database, &campaign("a"), Signed { author: "limin", at: now, key: None }).await.unwrap(),
    };
    let import = Import::begin(text.as_bytes(), FORM, None, calendar.regions()).unwrap();
    let mut faults = Vec::new();
    let told = |fault: Fault| {
        faults.push((fault.line, fault.reason.to_string()));
        Ok(())
    };
    let imported = import.into_campaign(database.contacts(), id, now, told).await.unwrap();
    (imported, faults)
}

#[tokio::test]
async fn every_row_is_a_contact_or_a_fault_with_its_line() {
    let database = Database::temporary().await.unwrap();
    let text = "手机号,地区,语言,amount\n13800000001,,,128.50\n138 0000 0002,xinjiang,en,\n12345,,,\n13800000003,mars,,\n\
                13800000004,,fr,\n13800000005,,\n13800000001,,,99\n";
    let (imported, faults) = import(&database, text).await;
    assert_eq!(imported, Imported { added: 2, repeated: 1, faulty: 4 });
    let expected = [
        (4, "no telephone number"),
        (5, "the calendar has no region `mars`"),
        (6, "no language `fr`; write zh or en"),
        (7, "the number of fields is not that of the first line: 3 ≠ 4"),
        (8, "this number is in the campaign already"),
    ];
    assert_eq!(faults, expected.map(|(line, reason)| (line, reason.to_owned())));
    let rows = database.contacts().page(1, SoughtContacts { most: 10, ..SoughtContacts::default() }).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| (row.line, row.variables.as_str())).collect::<Vec<_>>(),
        [(2, r#"{"amount":"128.50"}"#), (3, r#"{"amount":""}"#)]
    );
    assert!(rows.iter().all(|row| !format!("{row:?}").contains("13800000001")), "numbers are kept sealed");
    let (again, _) = import(&database, text).await;
    assert_eq!(again, Imported { added: 0, repeated: 3, faulty: 4 }, "the same file a second time adds nobody");
}

#[test]
fn a_file_without_numbers_says_what_it_has() {
    let begin = |text: &'static str, phone| {
        Import::begin(text.as_bytes(), FORM, phone, std::iter::empty()).map(|_| ()).map_err(|error| error.to_string())
    };
    assert!(begin("name,age\n", None).unwrap_err().contains("among: name, age"));
    assert_eq!(begin("name,Contact\n", Some("contact")), Ok(()));
    assert!(begin("", None).unwrap_err().contains("empty"));
    assert!(begin("phone,name,Name\n", None).unwrap_err().contains("`name`"));
}

#[test]
fn written_fields_are_safe_to_open() {
    for (text, expected) in [("a", "a"), ("a,b", "\"a,b\""), ("=1+1", "'=1+1"), ("say \"hi\"", "\"say \"\"hi\"\"\"")] {
        assert_eq!(field(text), expected);
    }
}
