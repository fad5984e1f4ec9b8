//! Calls that go out, from the command line.

use crate::program::tingshuo;

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
