//! What of the configuration holds at once when it is read again, and what only from the next start.

use super::configuration::Configuration;
use crate::call::reception::Reception;
use crate::cli::Failure;
use crate::line::sip::secure::Identity;
use anyhow::Context;
use std::path::Path;

/// Reads the configuration again and lets hold what can; what cannot is named.
///
/// # Errors
/// The file cannot be read or has a fault; then everything stays as it was.
pub fn again(
    config: Option<&Path>,
    started_with: &Configuration,
    reception: &Reception,
    shown: Option<&Identity>,
) -> Result<Configuration, Failure> {
    let configuration = Configuration::read(config)?;
    if let (Some(shown), Some(sip)) = (shown, &configuration.sip)
        && let Some(now) = sip.identity()?
    {
        shown.renew(&now);
    }
    apply(&configuration, reception)?;
    let limits = configuration.limits();
    println!("calls: at most {}, listened to {}", limits.calls, limits.hearing);
    let later = only_at_the_start(started_with, &configuration);
    if !later.is_empty() {
        println!("{} changed: that holds from the next start on", later.join(", "));
    }
    Ok(configuration)
}

/// Lets hold what may change while calls go on: calls that have begun keep how they take turns and where they are recorded.
///
/// # Errors
/// The folder for recordings cannot be made.
pub fn apply(configuration: &Configuration, reception: &Reception) -> Result<(), Failure> {
    if let Some(folder) = &configuration.calls.recordings {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    reception.record_to(configuration.calls.recordings.clone());
    reception.set_limits(configuration.limits());
    reception.set_manners(configuration.turns.manners());
    Ok(())
}

/// What differs of that which is opened once.
fn only_at_the_start(before: &Configuration, now: &Configuration) -> Vec<&'static str> {
    let differences = [
        ("lang", before.lang != now.lang),
        ("database", before.database != now.database),
        ("[http]", before.http != now.http),
        ("[sign_in]", before.sign_in != now.sign_in),
        ("[audiosocket]", before.audiosocket != now.audiosocket),
        ("[sip]", before.sip != now.sip),
        ("[desk]", before.desk != now.desk),
        ("[notices]", before.notices != now.notices),
    ];
    differences.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(now: &str, expected: &[&str]) {
        let before = Configuration::parse("[sip]\nlisten = [\"udp:127.0.0.1:5060\"]").unwrap();
        let now = Configuration::parse(&format!("{now}\n[sip]\nlisten = [\"udp:127.0.0.1:5060\"]")).unwrap();
        assert_eq!(only_at_the_start(&before, &now), expected, "{now:?}");
    }

    #[test]
    fn what_is_opened_once_is_named() {
        check("", &[]);
        check("[calls]\nmost = 3\nrecordings = \"elsewhere\"\n[turns]\nresume_ms = 900", &[]);
        check("lang = \"en\"\ndatabase = \"other.db\"\n[http]\nsoftphone = false", &["lang", "database", "[http]"]);
        check("[audiosocket]\nlisten = \"127.0.0.1:8461\"", &["[audiosocket]"]);
        check("[notices]\nwebhook = \"https://notices.example\"\nsecret_file = \"secret\"", &["[notices]"]);
        let none = Configuration::default();
        let sip = Configuration::parse("[sip]\nlisten = [\"udp:127.0.0.1:5060\"]").unwrap();
        assert_eq!(only_at_the_start(&none, &sip), ["[sip]"]);
    }
}
