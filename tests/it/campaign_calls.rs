//! The real program calls a small campaign over the telephone network of `tingshuo bench campaign`, and is killed in the middle, twice. What is checked is the
//! network's log; that the judge finds what is broken is tested beside it (`cli::bench::campaign::judge`).

use super::program::{Folder, tingshuo};

#[test]
fn a_campaign_keeps_every_rule_however_often_the_process_is_killed() {
    let folder = Folder::new();
    let inside = folder.join("campaign");
    // So few a minute that most calls ring between the kills, however fast the machine is.
    let size = ["--contacts", "70", "--per-minute", "200", "--kills", "2", "--attempts", "1"];
    let size = [&size[..], &["--speed", "3600", "--machines", "0", "--seed", "3", "--busy"]].concat();
    let run = tingshuo(&[&["bench", "campaign", "--folder", inside.to_str().unwrap()], &size[..]].concat(), "").succeeds();
    assert!(run.out.starts_with("| contacts | kills | calls | seconds |\n| --- | --- | --- | --- |\n| 70 | 2 | "), "{}", run.out);
    for seen in ["answered, we hung up", "busy", "rang out", "cut off by a kill"] {
        assert!(run.out.contains(&format!("| {seen} | ")), "{}", run.out);
    }
}
