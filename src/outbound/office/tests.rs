//! Figures add up, lists are taken over once, and nothing of them is lost.

use super::*;
use crate::outbound::campaign::{advance, create};
use crate::outbound::import::tests::campaign;
use crate::outbound::{Move, import};
use crate::store::{Checks, Ended, Found, Refusal, SoughtContacts};
use crate::text::PhoneNumber;
use std::io::Write;

async fn office() -> Office {
    let database = Database::temporary().await.unwrap();
    let named = |name: &'static str| -> Names { Arc::new(move || vec![name.to_owned()]) };
    Office {
        database,
        calendar: Arc::new(Calendar::built_in()),
        flows: named("welcome"),
        trunks: named("east"),
        callers: Arc::new(BTreeMap::from([("east".to_owned(), vec!["10001".to_owned()])])),
        rules: Arc::new(crate::outbound::trigger::built_in()),
    }
}

/// A file that nobody else sees.
fn file(text: &str) -> File {
    let path = std::env::temp_dir().join(format!("tingshuo-office-{:?}-{}", std::thread::current().id(), std::process::id()));
    let mut file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn signed(key: &str) -> Signed<'_> {
    Signed { author: "limin", at: monday(), key: Some(key) }
}

fn monday() -> Timestamp {
    "2026-11-23T09:00:00+08:00".parse().unwrap()
}

const LIST: &str = "phone,region,amount\n13800000001,,12.50\n12,,\n13800000002,13800000009,\n13800000001,,\n13800000003,xinjiang,3\n";
const FAULTS: [(u64, &str); 3] =
    [(3, "no telephone number"), (4, "the calendar has no region `138****0009`"), (5, "this number is in the campaign already")];

#[tokio::test]
async fn a_list_is_taken_over_once_and_its_faults_stay() {
    let office = office().await;
    let id = create(&office.database, &campaign("a"), signed("create")).await.unwrap();
    let row = office.find(id).await.unwrap();
    let preview = office.preview(file(LIST), None).await.unwrap();
    assert_eq!((preview.good, preview.faulty, preview.contacts.len()), (3, 2, 3), "the same number twice shows when it is taken over");
    assert_eq!((preview.encoding, preview.delimiter, preview.variables), ("UTF-8", ',', vec!["amount".to_owned()]));
    for _ in 0..2 {
        let done = office.import(&row, file(LIST), None, "sum", signed("list")).await.unwrap();
        assert_eq!((done.added, done.repeated, done.faulty, done.ended.is_some()), (2, 1, 2, true));
        let faults = faults(&office.database, done.id, 0, 10).await.unwrap();
        let faults: Vec<(u64, String)> = faults.into_iter().map(|fault| (fault.line, fault.reason.to_string())).collect();
        assert_eq!(faults, FAULTS.map(|(line, reason)| (line, reason.to_owned())));
    }
    let other = office.import(&row, file("phone\n13800000004\n"), None, "another sum", signed("list")).await.unwrap_err();
    assert!(matches!(other, OfficeError::Campaign(CampaignError::KeyTaken)), "{other}");
    assert!(office.import(&row, file("name\n"), None, "x", signed("x")).await.unwrap_err().to_string().contains("among: name"));
    advance(&office.database, &row, Move::Cancel, signed("cancel")).await.unwrap();
    let closed = office.import(&office.find(id).await.unwrap(), file(LIST), None, "y", signed("y")).await.unwrap_err();
    assert!(closed.to_string().contains("cancelled takes no contacts"), "{closed}");
}

#[tokio::test]
async fn a_list_whose_process_died_goes_on_under_its_key() {
    let office = office().await;
    let row = office.find(create(&office.database, &campaign("a"), signed("create")).await.unwrap()).await.unwrap();
    let imports = office.database.contact_imports();
    let Once::Now(begun) = imports.begin(row.id, "sum", signed("list")).await.unwrap() else { panic!("it is new") };
    imports.part(begun, ImportPart { added: 1, repeated: 0, faulty: 1, faults: &[(3, "no_number", String::new())] }).await.unwrap();
    let done = office.import(&row, file(LIST), None, "sum", signed("list")).await.unwrap();
    assert_eq!((done.id, done.added, done.faulty), (begun, 2, 2), "nothing is counted twice");
}

#[tokio::test]
async fn figures_add_up() {
    let office = office().await;
    let id = create(&office.database, &campaign("a"), signed("create")).await.unwrap();
    let row = office.find(id).await.unwrap();
    let contact = |n: u64| import::contact(n, &format!("138{n:08}"), ("", ""), std::iter::empty(), &[]).map_err(|_| unreachable!());
    office.add(&row, (1..=10).map(contact).collect(), "rows", signed("rows")).await.unwrap();
    advance(&office.database, &row, Move::Start, signed("start")).await.unwrap();
    let regions = [String::new()];
    for outcome in ["completed", "opted_out", "machine", "message_left"] {
        let found = office.database.contact_attempts().begin(id, &Checks { regions: &regions, caps: &[] }, monday()).await.unwrap();
        let Found::Begun(begun) = found else { panic!("somebody waits") };
        let ended = Ended { outcome, state: "done", next: None, answered_by: Some("human") };
        office.database.contact_attempts().end(begun.attempt, ended, monday()).await.unwrap();
    }
    office.database.contact_attempts().begin(id, &Checks { regions: &regions, caps: &[] }, monday()).await.unwrap();
    let figures = office.figures(&office.find(id).await.unwrap(), monday()).await.unwrap();
    assert_eq!((figures.contacts, figures.dialled, figures.under_way, figures.answered), (10, 5, 1, 2));
    assert_eq!((figures.machines, figures.messages_left), (2, 1));
    assert_eq!(figures.outcomes.values().sum::<i64>() + figures.under_way, figures.dialled);
    assert_eq!((figures.by_state["waiting"], figures.by_state["dialling"], figures.pace), (5, 1, 1.0));
    // Five are left, who are called 1.25 times each, one a minute.
    assert_eq!(figures.ends, Some("2026-11-23T09:06:15+08:00".parse().unwrap()));
}

#[tokio::test]
async fn what_is_counted_is_what_is_there() {
    let office = office().await;
    let database = &office.database;
    let id = create(database, &campaign("a"), signed("create")).await.unwrap();
    let row = office.find(id).await.unwrap();
    let contact = |n: u64| import::contact(n, &format!("138{n:08}"), ("", ""), std::iter::empty(), &[]).map_err(|_| unreachable!());
    office.add(&row, (1..=40).map(contact).collect(), "rows", signed("rows")).await.unwrap();
    office.add(&row, (30..=50).map(contact).collect(), "more", signed("more")).await.unwrap();
    advance(database, &row, Move::Start, signed("start")).await.unwrap();
    let regions = [String::new()];
    let refusal = Refusal { campaign: None, reason: "operator", author: "limin", at: monday() };
    database.do_not_call().add(&PhoneNumber::parse("13800000003").unwrap(), refusal).await.unwrap();
    let mut now = monday();
    for n in 0..60 {
        now += SignedDuration::from_mins(1);
        let found = database.contact_attempts().begin(id, &Checks { regions: &regions, caps: &[] }, now).await.unwrap();
        let Found::Begun(begun) = found else { panic!("somebody waits") };
        let (outcome, state) = [("busy", "waiting"), ("completed", "done"), ("machine", "given_up")][n % 3];
        if n % 5 > 0 {
            let next = (state == "waiting").then_some(now);
            database.contact_attempts().end(begun.attempt, Ended { outcome, state, next, answered_by: None }, now).await.unwrap();
        }
    }
    let copy = campaign::duplicate(database, &row, "b", signed("copy")).await.unwrap();
    for id in [id, copy] {
        let (mut states, mut outcomes) = (BTreeMap::new(), BTreeMap::new());
        let rows = database.contacts().page(id, SoughtContacts { most: 100, ..SoughtContacts::default() }).await.unwrap();
        for row in &rows {
            *states.entry(row.state.clone()).or_insert(0) += 1;
            for attempt in database.contacts().attempts(row.id).await.unwrap() {
                *outcomes.entry(attempt.outcome).or_insert(0) += 1;
            }
        }
        let counted = database.campaigns().progress(id).await.unwrap();
        assert_eq!(counted.contacts.into_iter().collect::<BTreeMap<_, i64>>(), states);
        assert_eq!(counted.attempts.into_iter().collect::<BTreeMap<_, i64>>(), outcomes);
        let open = ["waiting", "dialling"].iter().filter_map(|state| states.get(*state)).sum::<i64>();
        assert_eq!(database.campaigns().through(id).await.unwrap(), (50 - open, 50));
    }
}

#[tokio::test]
async fn settings_name_what_is_there() {
    let office = office().await;
    let told = |new: NewCampaign| office.check(&new).unwrap_err().to_string();
    assert!(told(NewCampaign { flow: "wellcome".into(), ..campaign("a") }).contains("no flow `wellcome` begins calls; there are: "));
    assert!(told(NewCampaign { trunk: "west".into(), ..campaign("a") }).contains("no trunk `west`; there are: east"));
    assert!(office.check(&NewCampaign { trunk: "east".into(), ..campaign("a") }).is_ok());
    assert!(
        told(NewCampaign { caller: "95533".into(), ..campaign("a") }).contains("`east` does not show the number 95533; it shows: 10001; ")
    );
    assert!(office.check(&NewCampaign { caller: "10001".into(), ..campaign("a") }).is_ok());
}
