//! `tingshuo campaign`: calls that go out, for operators and for scripts.

mod hear;
mod hours;
mod import;
mod results;

use super::Failure;
use super::check::load_flows;
use crate::desk::hours::Span;
use crate::models::data_dir;
use crate::outbound::campaign::{self, OnMachine, advance, create, find, write_week};
use crate::outbound::{Move, State, promised};
use crate::store::{CampaignRow, Database, NewCampaign, Refusal, RefusalRow, Signed};
use crate::text::{Lang, PhoneNumber};
use anyhow::{Context, bail};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::json;
use std::path::PathBuf;

/// Campaigns are kept in a database: the one that `serve` has.
#[derive(clap::Args)]
pub struct Args {
    /// The database that `serve` keeps
    #[arg(long, value_name = "FILE", global = true)]
    database: Option<PathBuf>,
    /// JSON, an object a line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// When calls may go out, by outbound/calendar.yaml
    Hours(hours::Args),
    /// Makes a campaign, as a draft without contacts
    Create(Create),
    /// Adds contacts out of a CSV file
    Import(import::Args),
    /// What its call says first, before anybody is called
    Hear(hear::Args),
    /// Begins to call, now or later, or goes on after a pause
    Start {
        name: String,
        /// Local time, as 2026-11-22T09:30
        #[arg(long, value_name = "TIME")]
        at: Option<DateTime>,
    },
    /// Calls nobody any more until it is started again; calls under way are finished
    Pause { name: String },
    /// Ends it for good
    Cancel {
        name: String,
        /// So many calls that were promised to customers are known not to be made then
        #[arg(long, value_name = "N", default_value_t = 0)]
        promises: u64,
    },
    /// How far campaigns are
    Status { name: Option<String> },
    /// What became of each contact, as CSV
    Results(results::Args),
    /// A new draft with the settings and contacts of another campaign
    Clone { name: String, new: String },
    /// Who must not be called
    #[command(subcommand)]
    DoNotCall(Unwanted),
    /// A customer agrees to be called, for campaigns that need it
    Consent {
        number: String,
        /// What proves it: a form, a recording, a contract
        #[arg(long, value_name = "TEXT", required_unless_present = "withdraw")]
        proof: Option<String>,
        /// Not any more
        #[arg(long, conflicts_with = "proof")]
        withdraw: bool,
    },
}

#[derive(clap::Subcommand)]
enum Unwanted {
    /// Nobody calls there any more, or only not this campaign
    Add {
        number: String,
        #[arg(long, value_name = "NAME")]
        campaign: Option<String>,
        #[arg(long, value_name = "TEXT", default_value = "operator")]
        reason: String,
    },
    /// May be called again
    Remove {
        number: String,
        #[arg(long, value_name = "NAME")]
        campaign: Option<String>,
        /// Why; it is kept
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// The newest first
    List {
        #[arg(long, value_name = "N", default_value_t = 100)]
        most: u32,
    },
}

#[derive(clap::Args)]
struct Create {
    name: String,
    /// The flow that the call begins with
    #[arg(long)]
    flow: String,
    #[arg(long, default_value = "zh")]
    lang: Lang,
    /// The trunk's name in the configuration; the first one without it
    #[arg(long, default_value = "", hide_default_value = true)]
    trunk: String,
    /// The number that customers see, one that the trunk's section allows; the trunk's own without it
    #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
    caller: String,
    /// Calls may go only then, and when the calendar allows them, as 09:00-18:00
    #[arg(long, value_name = "SPAN")]
    hours: Option<String>,
    /// Only on these days, 1 is Monday
    #[arg(long, value_name = "N,N", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(1..=7))]
    days: Vec<u8>,
    /// Most calls begun in a minute
    #[arg(long, value_name = "N", default_value_t = 60)]
    per_minute: u32,
    /// Most calls at one time
    #[arg(long, value_name = "N", default_value_t = 10)]
    concurrent: u32,
    /// Most calls to one contact
    #[arg(long, value_name = "N", default_value_t = 3)]
    attempts: u32,
    /// Only who agreed to be called
    #[arg(long)]
    needs_consent: bool,
    /// What to do when a machine answers: leave the flow's message after its beep, hang up and call again, or hang up for good
    #[arg(long, value_name = "WHAT", default_value = OnMachine::Message.name(), value_parser = OnMachine::ALL.map(OnMachine::name))]
    on_machine: String,
}

impl Create {
    fn week(&self) -> Result<String, Failure> {
        if self.hours.is_none() && self.days.is_empty() {
            return Ok(write_week(None));
        }
        let hours = self.hours.as_deref().unwrap_or("00:00-24:00");
        let span = Span::parse(hours).with_context(|| format!("`{hours}` are no hours; write 09:00-18:00"))?;
        let mut week = [None; 7];
        for (slot, day) in week.iter_mut().zip(1u8..) {
            *slot = (self.days.is_empty() || self.days.contains(&day)).then_some(span);
        }
        Ok(write_week(Some(&week)))
    }

    fn campaign(&self) -> Result<NewCampaign, Failure> {
        let flows = load_flows(&data_dir().join("flows"))?;
        let names = flows.reminders();
        if !names.contains(&self.flow.as_str()) {
            bail!("no flow `{}` begins calls; there are: {}", self.flow, names.join(", "));
        }
        Ok(NewCampaign {
            name: self.name.clone(),
            flow: self.flow.clone(),
            lang: self.lang,
            trunk: self.trunk.clone(),
            caller: self.caller.clone(),
            week: self.week()?,
            per_minute: self.per_minute,
            concurrent: self.concurrent,
            most_attempts: self.attempts,
            needs_consent: self.needs_consent,
            on_machine: self.on_machine.clone(),
        })
    }
}

/// Who does what is done here, as it is kept.
const AUTHOR: &str = "command line";

fn signed(at: Timestamp) -> Signed<'static> {
    Signed { author: AUTHOR, at, key: None }
}

pub fn run(args: Args) -> Result<(), Failure> {
    if let What::Hours(hours) = &args.what {
        return hours::run(hours, args.json);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work(args))
}

async fn work(args: Args) -> Result<(), Failure> {
    let Some(path) = &args.database else { bail!("which database? name the one given to `serve` with --database") };
    if !path.is_file() && !matches!(args.what, What::Create(_)) {
        bail!("{}: there is no database here; `tingshuo campaign create` makes one, or name the one given to `serve`", path.display());
    }
    if let What::Import(import) = &args.what
        && import.preview
    {
        return import::preview(import, args.json);
    }
    let database = Database::open(path).await.with_context(|| path.display().to_string())?;
    let now = Timestamp::now();
    match &args.what {
        What::Hours(_) => {}
        What::Create(new) => {
            create(&database, &new.campaign()?, signed(now)).await?;
            show(&database, &find(&database, &new.name).await?, args.json).await?;
        }
        What::Hear(hear) => hear::run(hear, &database, args.json).await?,
        What::Import(import) => import::run(import, &database, args.json, now).await?,
        What::Start { name, at } => {
            let wanted = match at {
                Some(at) => Move::Schedule(at.to_zoned(TimeZone::system())?.timestamp()),
                None => Move::Start,
            };
            carry_on(&database, name, wanted, args.json).await?;
        }
        What::Pause { name } => carry_on(&database, name, Move::Pause, args.json).await?,
        What::Cancel { name, promises } => {
            promised::cancel(&database, &find(&database, name).await?, *promises, signed(now)).await?;
            show(&database, &find(&database, name).await?, args.json).await?;
        }
        What::Status { name: Some(name) } => show(&database, &find(&database, name).await?, args.json).await?,
        What::Status { name: None } => {
            for campaign in database.campaigns().all().await? {
                show(&database, &campaign, args.json).await?;
            }
        }
        What::Results(results) => results::run(results, &database).await?,
        What::Clone { name, new } => {
            campaign::duplicate(&database, &find(&database, name).await?, new, signed(now)).await?;
            show(&database, &find(&database, new).await?, args.json).await?;
        }
        What::DoNotCall(what) => do_not_call(&database, what, args.json, now).await?,
        What::Consent { number, proof, .. } => match proof {
            Some(proof) => database.do_not_call().consented(&phone(number)?, proof, now).await?,
            None if database.do_not_call().withdrew(&phone(number)?).await? => {}
            None => bail!("no consent of this number is kept"),
        },
    }
    Ok(())
}

fn phone(number: &str) -> Result<PhoneNumber, Failure> {
    PhoneNumber::parse(number).context("this is no telephone number")
}

async fn do_not_call(database: &Database, what: &Unwanted, json: bool, now: Timestamp) -> Result<(), Failure> {
    let id = async |name: &Option<String>| match name {
        Some(name) => find(database, name).await.map(|campaign| Some(campaign.id)),
        None => Ok(None),
    };
    let refusal = |campaign, reason| Refusal { campaign, reason, author: AUTHOR, at: now };
    match what {
        Unwanted::Add { number, campaign, reason } => {
            database.do_not_call().add(&phone(number)?, refusal(id(campaign).await?, reason)).await?;
        }
        Unwanted::Remove { number, campaign, reason } => {
            if !database.do_not_call().remove(&phone(number)?, refusal(id(campaign).await?, reason)).await? {
                bail!("this number is not on the list");
            }
        }
        Unwanted::List { most } => {
            for RefusalRow { customer_shown: number, campaign, reason, author, at, .. } in
                database.do_not_call().list(None, 0, *most).await?
            {
                let campaign = campaign.as_ref().map(|(_, name)| name.as_str());
                if json {
                    println!(
                        "{}",
                        json!({"number": number, "campaign": campaign, "reason": reason, "author": author, "at": at.to_string()})
                    );
                } else {
                    println!("{number}  {}  {reason}  {author}  {}", campaign.unwrap_or("every campaign"), local(at));
                }
            }
        }
    }
    Ok(())
}

async fn carry_on(database: &Database, name: &str, wanted: Move, json: bool) -> Result<(), Failure> {
    advance(database, &find(database, name).await?, wanted, signed(Timestamp::now())).await?;
    let campaign = find(database, name).await?;
    show(database, &campaign, json).await?;
    if matches!(wanted, Move::Start | Move::Schedule(_)) {
        tell_who_dials(database, &campaign.is.trunk).await?;
    }
    Ok(())
}

/// Says it when the campaign is going to wait.
async fn tell_who_dials(database: &Database, trunk: &str) -> Result<(), Failure> {
    let trunks = database.dialing().trunks().await?;
    if trunks.is_empty() {
        eprintln!(
            "tingshuo: nothing dials now; the campaign waits for `tingshuo serve` with this database and a section [sip.trunks.NAME]"
        );
    } else if !trunk.is_empty() && !trunks.iter().any(|known| known == trunk) {
        eprintln!("tingshuo: the campaign waits, for there is no trunk `{trunk}`; there are: {}", trunks.join(", "));
    }
    Ok(())
}

fn local(at: Timestamp) -> String {
    Zoned::new(at, TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

async fn show(database: &Database, campaign: &CampaignRow, json: bool) -> Result<(), Failure> {
    let state = campaign::state(campaign)?;
    let progress = database.campaigns().progress(campaign.id).await?;
    let NewCampaign { name, flow, per_minute, concurrent, .. } = &campaign.is;
    if json {
        let contacts: serde_json::Map<_, _> = progress.contacts.iter().map(|(state, n)| (state.clone(), (*n).into())).collect();
        let attempts: serde_json::Map<_, _> =
            progress.attempts.iter().map(|(outcome, n)| (outcome.clone().unwrap_or_else(|| "under_way".to_owned()), (*n).into())).collect();
        let starts = campaign.starts.map(|at| at.to_string());
        println!(
            "{}",
            json!({"name": name, "state": state.name(), "flow": flow, "starts": starts, "contacts": contacts, "attempts": attempts})
        );
        return Ok(());
    }
    let starts = campaign.starts.filter(|_| state == State::Scheduled).map(|at| format!(" for {}", local(at))).unwrap_or_default();
    println!("{name}  {}{starts}  flow {flow}, at most {per_minute} calls a minute and {concurrent} at one time", state.name());
    let list = |rows: Vec<String>| if rows.is_empty() { "none".to_owned() } else { rows.join(", ") };
    println!("  contacts: {}", list(progress.contacts.iter().map(|(state, n)| format!("{n} {state}")).collect()));
    let outcome = |(outcome, n): &(Option<String>, i64)| format!("{n} {}", outcome.as_deref().unwrap_or("under way"));
    println!("  calls: {}", list(progress.attempts.iter().map(outcome).collect()));
    Ok(())
}
