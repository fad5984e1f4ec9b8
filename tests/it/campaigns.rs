//! Calls that go out, from the command line.

use crate::program::{Folder, Run, tingshuo};

#[test]
fn the_hours_of_calls_are_shown_by_day_and_region() {
    let days =
        |args: &[&str]| tingshuo(&[&["campaign", "hours", "--json", "--from", "2027-02-05"], args].concat(), "").succeeds().json_lines();
    let home = days(&["--days", "10"]);
    assert_eq!(home[0]["hours"], serde_json::json!([]), "a holiday");
    assert_eq!(home[4]["hours"], serde_json::json!(["09:00-12:00", "14:00-20:30"]));
    assert_eq!(home[9]["hours"], home[4]["hours"], "a Sunday worked as a Friday");
    assert_eq!(days(&["--region", "xinjiang"])[4]["hours"], serde_json::json!(["09:00-13:00", "15:00-20:30"]));
    let unknown = tingshuo(&["campaign", "hours", "--region", "mars"], "");
    assert!(unknown.code == 1 && unknown.err.contains("no region `mars`; it has: xinjiang"), "{}", unknown.err);
}

/// Runs `tingshuo campaign` on a database of its own.
struct Office {
    folder: Folder,
}

impl Office {
    fn run(&self, args: &[&str]) -> Run {
        let database = self.folder.join("campaigns.db");
        tingshuo(&[&["campaign", "--database", database.to_str().unwrap()], args].concat(), "")
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[test]
fn a_campaign_from_a_file_to_its_results() {
    let office = Office { folder: Folder::new() };
    office.run(&["create", "账单", "--flow", "bill_due", "--days", "1,2,3,4,5", "--hours", "09:00-18:00"]).succeeds();
    // As a spreadsheet in China writes it: GB18030.
    let rows: &[u8] = b"\xca\xd6\xbb\xfa\xba\xc5;\xd0\xd5\xc3\xfb\r\n13800000001;\xcd\xf5\r\n12;\xc0\xee\r\n13800000001;\xcd\xf5\r\n13800000002;=cmd()\r\n";
    let file = office.file("contacts.csv", rows);
    let preview = office.run(&["import", "账单", &file, "--preview"]).succeeds();
    assert!(
        preview.out.contains("gb18030") && preview.out.contains("variables: 姓名") && !preview.out.contains("13800000001"),
        "{}",
        preview.out
    );
    let faults = office.folder.join("faults.csv");
    let imported = office.run(&["import", "账单", &file, "--json", "--faults", faults.to_str().unwrap()]).succeeds();
    assert_eq!(imported.json_lines()[0], serde_json::json!({"added": 2, "repeated": 1, "faulty": 1}));
    assert_eq!(std::fs::read_to_string(faults).unwrap(), "line,reason\n3,no telephone number\n4,this number is in the campaign already\n");
    office.run(&["start", "账单"]).succeeds();
    let status = office.run(&["status", "--json"]).succeeds().json_lines();
    assert_eq!((&status[0]["state"], &status[0]["contacts"]["waiting"]), (&"running".into(), &2.into()));
    office.run(&["pause", "账单"]).succeeds();
    let results = office.run(&["results", "账单"]).succeeds().out;
    assert!(
        results.starts_with("line,number,region,state,outcome,answered_by,attempts,variables\n2,138****0001,,waiting,,,0,"),
        "{results}"
    );
    let copy = office.run(&["clone", "账单", "账单二", "--json"]).succeeds().json_lines();
    assert_eq!((&copy[0]["state"], &copy[0]["contacts"]["waiting"]), (&"draft".into(), &2.into()));
    office.run(&["do-not-call", "add", "13800000001"]).succeeds();
    office.run(&["do-not-call", "add", "13800000002", "--campaign", "账单"]).succeeds();
    let listed = office.run(&["do-not-call", "list", "--json"]).succeeds().json_lines();
    assert_eq!(listed.iter().filter(|row| row["campaign"] == "账单").count(), 1, "{listed:?}");
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let office = Office { folder: Folder::new() };
    office.run(&["create", "a", "--flow", "bill_due"]).succeeds();
    let refused = |args: &[&str], expected: &str| {
        let run = office.run(args);
        assert!(run.code == 1 && run.err.contains(expected), "{args:?}: {}", run.err);
    };
    refused(&["create", "a", "--flow", "bill_due"], "choose another name");
    refused(&["create", "b", "--flow", "wellcome"], "no flow `wellcome` begins calls; there are: ");
    refused(&["create", "b", "--flow", "bill_due", "--hours", "9-18"], "write 09:00-18:00");
    refused(&["start", "b"], "no campaign `b`");
    refused(&["pause", "a"], "a campaign that is draft cannot be paused");
    refused(&["import", "a", &office.file("x.csv", b"name,age\n")], "among: name, age");
    refused(&["import", "a", "missing.csv"], "missing.csv");
    refused(&["import", "a", &office.file("y.csv", b"phone\n"), "--encoding", "klingon"], "no encoding `klingon`");
    let nowhere = tingshuo(&["campaign", "status"], "");
    assert!(nowhere.code == 1 && nowhere.err.contains("--database"), "{}", nowhere.err);
    assert_eq!(tingshuo(&["campaign", "create", "--help"], "").succeeds().code, 0);
}
