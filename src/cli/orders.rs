//! `tingshuo orders`: work orders and incidents, for operators and for scripts.

mod batch;

use super::Failure;
use super::house::handbook;
use crate::api::work_orders::{incident_shown, shown};
use crate::care::{CareError, State, WorkOrder, WorkOrders};
use crate::models::data_dir;
use crate::store::{Database, Incident, Listed, Note};
use anyhow::{Context, bail};
use jiff::Zoned;
use jiff::civil::DateTime;
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(clap::Args)]
pub struct Args {
    /// The database that calls are kept in
    #[arg(long, value_name = "FILE", global = true)]
    database: Option<PathBuf>,
    /// The local time, as 2026-11-22T09:30; by default now
    #[arg(long, value_name = "TIME", global = true)]
    now: Option<DateTime>,
    /// Who does it, for the history
    #[arg(long, value_name = "NAME", global = true, default_value = "operator")]
    author: String,
    /// JSON, an object a line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Orders by their numbers
    List(ListArgs),
    /// One order with everything that became of it
    Show { number: String },
    /// Carries an order on: dispatched, in_progress, done, closed, reopened, open
    Step {
        number: String,
        #[arg(value_parser = state)]
        to: State,
        /// What is noted with it
        #[arg(long, default_value = "")]
        text: String,
    },
    /// Adds a comment
    Comment { number: String, text: String },
    /// Gives orders to who may take them, raises warnings, writes to customers who wait long; `serve` does that by itself
    Round,
    /// Incidents going on
    Incidents {
        /// Also those that are over
        #[arg(long)]
        all: bool,
    },
    /// Says when an incident should be over; callers hear it
    Expect { incident: i64, ends: DateTime },
    /// An incident is over: its orders are done, and everybody who reported it is written to
    Resolve { incident: i64 },
    /// Carries out orders of other systems: a JSON object a line on standard input, an answer a line; every `key` once
    ///
    /// {"do":"open","key":"a1","now":"2026-11-22T09:30","class":"broadband_fault","customer":"13800000001","area":"east","text":"…"},
    /// {"do":"step","key":"a2","now":…,"order":"a1","to":"in_progress","text":"…"}, likewise "comment" and "judge" ("satisfied":false),
    /// {"do":"round","now":…}, {"do":"resolve","now":…,"incident":1}. `order` is the key that opened it, `number` its number
    Batch,
}

#[derive(clap::Args)]
struct ListArgs {
    #[arg(long, value_parser = state)]
    state: Option<State>,
    #[arg(long)]
    class: Option<String>,
    /// Who has it
    #[arg(long)]
    taker: Option<String>,
    /// Only orders that customers wait for
    #[arg(long)]
    waiting: bool,
    /// Only numbers after this one
    #[arg(long, value_name = "NUMBER")]
    after: Option<String>,
    #[arg(long, value_name = "N", default_value_t = 100)]
    most: u32,
}

fn state(name: &str) -> Result<State, String> {
    let names = || State::ALL.map(State::name).join(", ");
    State::from_name(name).ok_or_else(|| format!("no such state; there are {}", names()))
}

pub fn run(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work(args))
}

async fn work(args: Args) -> Result<(), Failure> {
    let Some(path) = &args.database else { bail!("which database? name the one given to `serve`, `call` or `chat` with --database") };
    if !path.is_file() && !matches!(args.what, What::Batch) {
        bail!("{}: there is no database here; name the one given to `serve`, `call` or `chat`", path.display());
    }
    let database = Database::open(path).await.with_context(|| path.display().to_string())?;
    let orders = WorkOrders::new(database, Arc::new(handbook(&data_dir().join("care"))?));
    let now = args.now.unwrap_or_else(|| Zoned::now().datetime());
    let note = |text| Note { at: now, author: &args.author, text, key: None };
    match &args.what {
        What::List(page) => {
            let page = Listed {
                state: page.state.map(State::name),
                class: page.class.as_deref(),
                taker: page.taker.as_deref(),
                waiting: page.waiting,
                after: page.after.as_deref(),
                most: page.most,
            };
            for order in orders.list(page).await? {
                print(args.json, shown(&order), || line(&order));
            }
        }
        What::Show { number } => show(&orders, number, args.json).await?,
        What::Step { number, to, text } => {
            let order = orders.advance(number, *to, note(text)).await?;
            print(args.json, shown(&order), || line(&order));
        }
        What::Comment { number, text } => orders.comment(number, note(text)).await?,
        What::Round => {
            let round = orders.round(now).await?;
            for (number, taker) in &round.given {
                print(args.json, json!({"given": number, "taker": taker}), || format!("{number} → {taker}"));
            }
            for warning in &round.warnings {
                let (number, stage, receiver) = (&warning.number, &warning.stage, &warning.receiver);
                let at = warning.at.to_string();
                print(args.json, json!({"warning": stage, "number": number, "receiver": receiver, "at": at}), || {
                    format!("{number} {stage} since {at}: {receiver}")
                });
            }
        }
        What::Incidents { all } => {
            for incident in orders.incidents(!all, 1_000).await? {
                print(args.json, incident_shown(&incident), || incident_line(&incident));
            }
        }
        What::Expect { incident, ends } => orders.expect_end(*incident, *ends).await.map_err(no_incident)?,
        What::Resolve { incident } => {
            let incident = orders.resolve(*incident, &args.author, now).await.map_err(no_incident)?;
            print(args.json, incident_shown(&incident), || incident_line(&incident));
        }
        What::Batch => batch::run(&orders).await?,
    }
    Ok(())
}

fn no_incident(error: CareError) -> Failure {
    match error {
        CareError::NotFound => anyhow::anyhow!("no such incident; `tingshuo orders incidents` lists those going on"),
        other => other.into(),
    }
}

fn print(json: bool, object: Json, line: impl FnOnce() -> String) {
    if json { println!("{object}") } else { println!("{}", line()) }
}

async fn show(orders: &WorkOrders, number: &str, json: bool) -> Result<(), Failure> {
    let order = orders.find(number).await?;
    let (history, attachments) = (orders.history(number).await?, orders.attachments(number).await?);
    if json {
        let mut object = shown(&order);
        object["history"] = history
            .iter()
            .map(|row| json!({"at": row.at.to_string(), "author": row.author, "state": row.state, "text": row.text}))
            .collect();
        object["attachments"] = attachments.iter().map(|(kind, reference)| json!({"kind": kind, "reference": reference})).collect();
        println!("{object}");
        return Ok(());
    }
    println!("{}\n{}", line(&order), order.text);
    for (kind, reference) in attachments {
        println!("  {kind} {reference}");
    }
    for row in history {
        println!("  {}  {:<12} {:<12} {}", row.at, row.author, row.state.unwrap_or_default(), row.text);
    }
    Ok(())
}

fn line(order: &WorkOrder) -> String {
    let kind = order.kind.as_ref().map(|kind| format!("/{kind}")).unwrap_or_default();
    format!(
        "{}  {:<11} {:<7} due {}  {}{kind}  {}  {}",
        order.number,
        order.state.name(),
        order.priority.name(),
        order.due,
        order.class,
        order.taker.as_deref().unwrap_or("nobody"),
        order.customer_shown.as_deref().unwrap_or("withheld"),
    )
}

fn incident_line(incident: &Incident) -> String {
    let state = match (incident.resolved, incident.ends) {
        (Some(at), _) => format!("over since {at}"),
        (None, Some(ends)) => format!("should be over {ends}"),
        (None, None) => "going on".to_owned(),
    };
    let Incident { id, class, area, opened, reports, .. } = incident;
    format!("{id}  {class} in {area} since {opened}, {reports} reports, {state}")
}
