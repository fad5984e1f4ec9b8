//! The customers, rules and campaigns of `tingshuo bench campaign`: all of them follow from a customer's number, so that whoever judges can say them again.

use crate::cli::Failure;
use crate::models::data_dir;
use crate::outbound::Move;
use crate::outbound::campaign::{advance, create, find};
use crate::store::{Database, NewCampaign, NewContact, Refusal, Signed};
use crate::text::{Lang, PhoneNumber};
use anyhow::{Context, ensure};
use jiff::Timestamp;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Regions, with their time zones; the first is where none is named. Somebody may be called at almost any time.
pub const REGIONS: [(&str, &str); 3] = [("", "Asia/Shanghai"), ("berlin", "Europe/Berlin"), ("denver", "America/Denver")];
/// On this day nobody is called in Berlin, and on Saturdays nobody in Denver.
pub const HOLIDAY_IN_BERLIN: &str = "2027-03-05";
/// When the campaigns begin, by their clock: a Thursday.
pub const BEGINS: &str = "2027-03-04T09:00+08";

const CALENDAR: &str = "zone: Asia/Shanghai
hours: { monday: 09:00-20:30, tuesday: 09:00-20:30, wednesday: 09:00-20:30, thursday: 09:00-20:30, friday: 09:00-20:30, saturday: 09:00-20:30, sunday: 09:00-20:30 }
quiet: [12:00-14:00]
regions:
  berlin: { zone: Europe/Berlin, holidays: [2027-03-05] }
  denver:
    zone: America/Denver
    hours: { monday: 08:00-21:00, tuesday: 08:00-21:00, wednesday: 08:00-21:00, thursday: 08:00-21:00, friday: 08:00-21:00, sunday: 10:00-20:00 }
    quiet: [13:00-14:00]
";

/// Minutes before another call, by how the last one ended. Shorter than in life, so that few days hold them.
pub const AGAIN_AFTER: [(&str, i64); 7] =
    [("busy", 15), ("no_answer", 40), ("declined", 90), ("hung_up", 120), ("machine", 60), ("congested", 5), ("lost", 30)];
/// Most calls to one customer.
pub const MOST_A_DAY: usize = 2;
pub const MOST_A_WEEK: usize = 4;

/// How campaigns are dialled.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub per_minute: u32,
    pub at_once: u32,
    pub attempts: u32,
}

/// A customer, and what may happen to him.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Customer {
    pub n: usize,
    pub region: usize,
    /// In which campaigns: bills, and plans, which needs consent.
    pub of: [bool; 2],
    pub unwanted: bool,
    pub consents: bool,
}

pub const CAMPAIGNS: [&str; 2] = ["bills", "plans"];

impl Customer {
    pub fn new(n: usize) -> Customer {
        // Every tenth is in both campaigns.
        let both = n % 10 == 4;
        Customer {
            n,
            region: n % REGIONS.len(),
            of: [n.is_multiple_of(2) || both, !n.is_multiple_of(2) || both],
            unwanted: n % 50 == 7,
            consents: both || n % 8 != 5,
        }
    }

    pub fn number(self) -> String {
        format!("139{:08}", self.n)
    }

    /// What [`Customer::number`] gave.
    pub fn with_number(number: &str) -> Option<Customer> {
        let n = number.strip_prefix("139").filter(|rest| rest.len() == 8)?.parse().ok()?;
        Some(Customer::new(n))
    }

    /// Whether this campaign may call him at all.
    pub fn may_be_called(self, campaign: usize) -> bool {
        self.of[campaign] && !self.unwanted && (campaign == 0 || self.consents)
    }

    fn contact(self, line: u64) -> Result<NewContact, Failure> {
        let (names, amounts) = (["王先生", "李女士", "张先生", "陈女士"], ["128.50", "66", "39.90"]);
        let variables = serde_json::json!({
            "name": names[self.n % names.len()], "amount": amounts[self.n % amounts.len()], "due": "2027-03-20"
        });
        Ok(NewContact {
            line,
            to: PhoneNumber::parse(&self.number()).context("an invented number")?,
            region: REGIONS[self.region].0.to_owned(),
            lang: None,
            variables: variables.to_string(),
        })
    }
}

/// A folder with the service's data and the calendar of this world.
pub fn home(folder: &Path) -> Result<PathBuf, Failure> {
    let home = folder.join("home");
    std::fs::create_dir_all(home.join("outbound"))?;
    for name in ["care", "desk", "flows", "grammars", "voices"] {
        std::os::unix::fs::symlink(data_dir().canonicalize()?.join(name), home.join(name)).with_context(|| name.to_owned())?;
    }
    std::fs::write(home.join("outbound/calendar.yaml"), CALENDAR)?;
    Ok(home)
}

/// The configuration of the service: one trunk, to the network.
pub fn configuration(database: &Path, network: SocketAddr, ports: (u16, u16), limits: Limits) -> String {
    let gaps: String = AGAIN_AFTER.iter().map(|(name, minutes)| format!("{name} = {minutes}\n")).collect();
    let (places, Limits { per_minute, at_once, .. }) = (limits.at_once * 2, limits);
    format!(
        "database = {database:?}\n[calls]\nmost = {places}\nhearing = {places}\n[http]\nlisten = \"127.0.0.1:0\"\n\
         [outbound]\nring_seconds = 5\nmost_a_day = {MOST_A_DAY}\nmost_a_week = {MOST_A_WEEK}\nkept_for_callers = 0\n[outbound.again_after_minutes]\n{gaps}\
         [sip]\nlisten = [\"udp:127.0.0.1:0\"]\nmedia_ports = [{}, {}]\n[sip.trunks.network]\nserver = \"udp:{network}\"\nnumber = \"10000\"\n\
         calls_per_minute = {per_minute}\ncalls_at_once = {at_once}\n",
        ports.0, ports.1
    )
}

/// Keeps both campaigns with their contacts, some of them twice, and starts them.
pub async fn prepare(database: &Database, contacts: usize, limits: Limits) -> Result<(), Failure> {
    let begins: Timestamp = BEGINS.parse()?;
    let signed = Signed { author: "bench", at: begins, key: None };
    for (campaign, name) in CAMPAIGNS.into_iter().enumerate() {
        // Together more than the trunk carries, so that they take turns.
        let (per_minute, concurrent) = (limits.per_minute * 3 / 4, limits.at_once * 3 / 4);
        let new = NewCampaign {
            name: name.to_owned(),
            flow: "bill_due".to_owned(),
            lang: Lang::Zh,
            trunk: "network".to_owned(),
            caller: String::new(),
            week: String::new(),
            per_minute: per_minute.max(1),
            concurrent: concurrent.max(1),
            most_attempts: limits.attempts,
            needs_consent: campaign == 1,
            on_machine: "message".to_owned(),
        };
        let id = create(database, &new, signed).await?;
        let of: Vec<Customer> = (0..contacts).map(Customer::new).filter(|customer| customer.of[campaign]).collect();
        let twice: Vec<Customer> = of.iter().copied().step_by(20).collect();
        let rows: Vec<NewContact> =
            of.iter().chain(&twice).zip(2..).map(|(customer, line)| customer.contact(line)).collect::<Result<_, _>>()?;
        let had = database.contacts().add(id, &rows, begins).await?;
        ensure!(had.len() == twice.len(), "{} rows were found to be there already, and {} are", had.len(), twice.len());
        advance(database, &find(database, name).await?, Move::Start, signed).await?;
    }
    for customer in (0..contacts).map(Customer::new) {
        let number = PhoneNumber::parse(&customer.number()).context("an invented number")?;
        if customer.unwanted {
            let refusal = Refusal { campaign: None, reason: "operator", author: "bench", at: begins };
            database.do_not_call().add(&number, refusal).await?;
        }
        if customer.consents {
            database.do_not_call().consented(&number, "contract", begins).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::Calendar;

    #[test]
    fn the_calendar_is_one_and_has_the_regions() {
        let calendar = Calendar::parse("calendar.yaml", CALENDAR).unwrap();
        let mut regions: Vec<&str> = calendar.regions().collect();
        regions.sort_unstable();
        assert_eq!(regions, ["berlin", "denver"]);
        for (name, zone) in REGIONS {
            assert_eq!(calendar.zone(Some(name).filter(|name| !name.is_empty())).unwrap().iana_name(), Some(zone));
        }
    }

    #[test]
    fn a_number_leads_back_to_its_customer() {
        for n in [0, 57, 9_999] {
            assert_eq!(Customer::with_number(&Customer::new(n).number()), Some(Customer::new(n)));
        }
        assert_eq!(Customer::with_number("13800000001"), None);
    }
}
