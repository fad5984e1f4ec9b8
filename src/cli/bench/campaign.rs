//! `tingshuo bench campaign`: the real service calls thousands of invented customers over a telephone network of its own, is killed again and again, and is
//! judged by what the network saw.

mod children;
mod judge;
mod log;
mod message;
pub mod peer;
mod script;
mod world;

use crate::audio::wav;
use crate::cli::Failure;
use crate::cli::house::House;
use crate::store::Database;
use crate::text::Lang;
use crate::tts::Manner;
use anyhow::{Context, bail, ensure};
use children::{Network, Service};
use jiff::Timestamp;
use judge::{Finding, Terms, judge};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;
use world::Limits;

/// Two campaigns of invented customers in three time zones, some in both, some who must not be called, over a simulated telephone network on this machine:
/// it answers, rings out, is busy, refuses, by a seed. The service is killed (SIGKILL) and started again in the middle. At the end the network's own log is
/// held to every rule; it fails with what was broken. Campaigns go by a faster clock; telephones ring and the pace is kept in real time.
#[derive(clap::Args)]
pub struct Args {
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    contacts: u32,
    /// How often the service is killed
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    kills: u32,
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Most calls begun in a minute
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..=6_000))]
    per_minute: u32,
    /// Most calls at one time
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    at_once: u32,
    /// Most calls to one contact
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10))]
    attempts: u32,
    /// Of a hundred calls that are answered, so many are by answering machines
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=100))]
    machines: u32,
    /// Of a hundred people who answer, so many say a word by themselves, which costs hearing
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    hellos: u32,
    /// The campaigns' clock is so many times as fast
    #[arg(long, value_name = "N", default_value_t = 240, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    speed: u16,
    /// It has failed when the campaigns are not through after so long
    #[arg(long, value_name = "N", default_value_t = 30)]
    minutes: u64,
    /// The machine has other work: calls may come up to 1.5 s after the service looked at the clock, not 0.5, and neither a pace nor a first word in time is demanded
    #[arg(long)]
    busy: bool,
    /// A folder for everything it writes, which is made and stays; without it a temporary one
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// How often the network's log is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How often it is looked whether the campaigns are through, and told how far they are, in looks.
const THROUGH_EVERY: u32 = 10;
const TOLD_EVERY: u32 = 100;
/// What is shown of each rule that was broken.
const SHOWN: usize = 5;
const GREETING: &str = "您好，我现在不方便接听电话，请在提示音之后留言。";
const HELLOS: [(Lang, &str); 4] = [(Lang::Zh, "喂？"), (Lang::Zh, "喂，你好。"), (Lang::Zh, "你好，哪位？"), (Lang::En, "Hello?")];

pub fn run(args: &Args) -> Result<(), Failure> {
    let temporary = std::env::temp_dir().join(format!("tingshuo-bench-campaign-{}", std::process::id()));
    let folder = args.folder.as_deref().unwrap_or(&temporary);
    std::fs::create_dir(folder).with_context(|| format!("{}: must be a folder that is not there yet", folder.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(measure(args, folder));
    if args.folder.is_none() && result.is_ok() {
        std::fs::remove_dir_all(folder)?;
    } else if args.folder.is_none() {
        eprintln!("tingshuo: the network's log and what the service said are in {}", folder.display());
    }
    result
}

async fn measure(args: &Args, folder: &Path) -> Result<(), Failure> {
    let limits = Limits { per_minute: args.per_minute, at_once: args.at_once, attempts: args.attempts };
    let mut told = vec!["--seed".to_owned(), args.seed.to_string()];
    if args.machines > 0 {
        let greeting = said(folder, "greeting", Lang::Zh, GREETING)?;
        told.extend(["--machines".to_owned(), args.machines.to_string(), "--greeting".to_owned(), greeting]);
    }
    if args.hellos > 0 {
        told.extend(["--hellos".to_owned(), args.hellos.to_string()]);
        for (n, (lang, text)) in HELLOS.into_iter().enumerate() {
            told.extend(["--hello".to_owned(), said(folder, &format!("hello-{n}"), lang, text)?]);
        }
    }
    let mut network = Network::start(&folder.join("network.jsonl"), &told)?;
    let path = folder.join("campaigns.db");
    let configuration = folder.join("tingshuo.toml");
    std::fs::write(&configuration, world::configuration(&path, network.address, children::media_ports(args.at_once)?, limits))?;
    let house = Running { home: world::home(folder)?, configuration, errors: File::create(folder.join("serve.log"))? };
    let database = Database::open(&path).await?;
    world::prepare(&database, args.contacts as usize, limits).await?;
    let (since, from): (Timestamp, Timestamp) = (Timestamp::now(), world::BEGINS.parse()?);
    let clock = house.clock(since, from, args.speed);
    let began = Timestamp::now();
    let (lives, is_through) = house.call(args, &clock, &mut network, &database).await?;
    let terms = Terms {
        limits,
        contacts: args.contacts as usize,
        since_us: since.as_microsecond(),
        from_us: from.as_microsecond(),
        speed: args.speed.into(),
        lives,
        is_busy: args.busy,
    };
    let (findings, ends) = judge(&network.entries, &terms);
    print(&findings, &ends, args, Timestamp::now().duration_since(began).as_secs());
    let broken: Vec<&str> = findings.iter().filter(|finding| !finding.broken.is_empty()).map(|finding| finding.rule).collect();
    ensure!(broken.is_empty(), "broken: {}", broken.join("; "));
    ensure!(is_through, "the campaigns are not through after {} minutes", args.minutes);
    Ok(())
}

/// A recording of our own voice; gives its path.
fn said(folder: &Path, name: &str, lang: Lang, text: &str) -> Result<String, Failure> {
    let path = folder.join(format!("{name}.wav"));
    let spoken = House::speech(lang)?.say(text, lang, Manner::default())?;
    wav::write(&path, spoken.rate_hz, &[&spoken.samples])?;
    Ok(path.display().to_string())
}

/// What every process of the service is started with.
struct Running {
    home: PathBuf,
    configuration: PathBuf,
    errors: File,
}

impl Running {
    fn clock(&self, since: Timestamp, from: Timestamp, speed: u16) -> Vec<String> {
        [("--clock-from", from.to_string()), ("--clock-since", since.to_string()), ("--clock-speed", speed.to_string())]
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value])
            .collect()
    }

    /// Until the campaigns are through or the time is over; gives from when to when each process lived, and which of both it was.
    async fn call(
        &self,
        args: &Args,
        clock: &[String],
        network: &mut Network,
        database: &Database,
    ) -> Result<(Vec<(i64, i64)>, bool), Failure> {
        let mut random = SmallRng::seed_from_u64(args.seed);
        // After so many calls, in the first two thirds of those that everybody gets.
        let mut kills: Vec<usize> = (0..args.kills).map(|_| random.random_range(1..(args.contacts as usize * 2 / 3).max(2))).collect();
        kills.sort_unstable_by(|one, other| other.cmp(one));
        let (mut lives, mut is_through) = (Vec::new(), true);
        let last = Timestamp::now() + Duration::from_secs(args.minutes * 60);
        let mut service = Service::start(&self.home, &self.configuration, &self.errors, clock)?;
        for look in 1.. {
            tokio::time::sleep(LOOK_EVERY).await;
            network.look()?;
            let rang = network.entries.iter().filter(|entry| matches!(entry.what, log::What::Invited { .. })).count();
            if kills.last().is_some_and(|kill| *kill <= rang) {
                kills.pop();
                tokio::time::sleep(Duration::from_millis(random.random_range(0..1_000))).await;
                let ready = service.ready.as_microsecond();
                lives.push((ready, service.kill()?.as_microsecond()));
                service = Service::start(&self.home, &self.configuration, &self.errors, clock)?;
            }
            if look % TOLD_EVERY == 0 {
                eprintln!("{rang} calls, {} kills to come", kills.len());
            }
            if look % THROUGH_EVERY == 0 && are_through(database).await? {
                break;
            }
            if service.is_dead()? {
                bail!("the service ended by itself");
            }
            if Timestamp::now() > last {
                is_through = false;
                break;
            }
        }
        lives.push((service.ready.as_microsecond(), service.kill()?.as_microsecond()));
        network.look()?;
        ensure!(kills.is_empty(), "there were too few calls for {} of the kills", kills.len());
        Ok((lives, is_through))
    }
}

async fn are_through(database: &Database) -> Result<bool, Failure> {
    let campaigns = database.campaigns().all().await?;
    Ok(campaigns.iter().all(|campaign| campaign.state == "done"))
}

fn print(findings: &[Finding], ends: &BTreeMap<&'static str, usize>, args: &Args, seconds: i64) {
    println!("| contacts | kills | calls | seconds |\n| --- | --- | --- | --- |");
    println!("| {} | {} | {} | {seconds} |\n", args.contacts, args.kills, ends.values().sum::<usize>());
    println!("| what the network saw | calls |\n| --- | --- |");
    for (end, calls) in ends {
        println!("| {end} | {calls} |");
    }
    println!("\n| rule | looked at | broken |\n| --- | --- | --- |");
    for Finding { rule, looked_at, broken } in findings {
        println!("| {rule} | {looked_at} | {} |", broken.len());
    }
    for finding in findings {
        for broken in finding.broken.iter().take(SHOWN) {
            eprintln!("{}: {broken}", finding.rule);
        }
    }
}
