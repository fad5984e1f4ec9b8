//! Wiring: opens everything that a call needs.

use super::Failure;
use super::edition::Desk;
use super::operator::OperatorArgs;
use super::transcribe;
use crate::asr::Recogniser;
use crate::business::{self, DemoOperator, HttpOperator, Operator};
use crate::call::editions::Editions;
use crate::call::services::Services;
use crate::care::{FileOutbox, Handbook, KeptOutbox, Outbox, WorkOrders};
use crate::dialog::{Flows, Opening};
use crate::models::{Models, data_dir};
use crate::store::Database;
use crate::text::{Lang, PhoneNumber};
use crate::tts::{Speech, Voices};
use anyhow::Context;
use jiff::Zoned;
use jiff::civil::DateTime;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Who calls, in which language, when.
#[derive(clap::Args)]
pub struct CallerArgs {
    /// The caller's number, as the line would give it; without it the number is withheld
    #[arg(long, value_name = "NUMBER", value_parser = phone_number)]
    caller: Option<PhoneNumber>,
    /// The language that the service begins in
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    pub lang: Lang,
    /// Keep the call, its work orders and changes in this database; without it they are forgotten at the end
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// The local time at which the call begins, as 2026-11-22T09:30; by default now
    #[arg(long, value_name = "TIME")]
    now: Option<DateTime>,
    /// Ask for a score before the farewell, as in calls that are chosen for it
    #[arg(long)]
    survey: bool,
    /// We call, and begin with this flow: a reminder of flows/reminders; CALLER is who is called
    #[arg(long, value_name = "FLOW", requires = "caller")]
    reminder: Option<String>,
    /// What the reminder is told about the customer, as a column of a contacts' file would; once for each
    #[arg(long = "with", value_name = "NAME=VALUE", requires = "reminder", value_parser = cell)]
    with: Vec<(String, String)>,
    #[command(flatten)]
    operator: OperatorArgs,
}

/// `name=value`, a column of a contact.
pub(super) fn cell(raw: &str) -> Result<(String, String), String> {
    let (name, value) = raw.split_once('=').ok_or_else(|| "write it as name=value".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}

fn phone_number(raw: &str) -> Result<PhoneNumber, String> {
    PhoneNumber::parse(raw).ok_or_else(|| "a telephone number has 3 to 15 digits".to_owned())
}

impl CallerArgs {
    fn now(&self) -> DateTime {
        self.now.unwrap_or_else(|| Zoned::now().datetime())
    }

    /// How the call begins.
    ///
    /// # Errors
    /// The reminder is not known, or was not told what it needs.
    pub fn opening(&self, flows: &Flows) -> Result<Opening, Failure> {
        let started = Zoned::now();
        let call_id = format!("{}-{}", started.strftime("%Y%m%d-%H%M%S-%f"), std::process::id());
        let errand = self.reminder.as_ref().map(|flow| flows.errand(flow, &self.with.iter().cloned().collect())).transpose()?;
        Ok(Opening { caller: self.caller.clone(), lang: self.lang, now: self.now(), survey: self.survey, by_keys: false, errand, call_id })
    }
}

/// Everything that calls share, opened.
pub struct House {
    pub services: Arc<Services>,
    /// What each new call gets; as [`House::services`] until `desk` finds an edit.
    pub editions: Editions,
    pub desk: Desk,
}

impl House {
    pub async fn open(caller: &CallerArgs) -> Result<House, Failure> {
        let connector = caller.operator.connect()?;
        let database = match &caller.database {
            Some(path) => Database::open(path).await.with_context(|| path.display().to_string())?,
            None => Database::temporary().await?,
        };
        let operator: Arc<dyn Operator> = match connector {
            Some(connector) => Arc::new(connector),
            None => Arc::new(DemoOperator::new(database.clone(), business::clock::fixed(caller.now()))),
        };
        let outbox = Arc::new(FileOutbox::beside(&database));
        House::with(database, operator, outbox)
    }

    /// For live calls: the operator's systems behind `connector`, else the demo operator with a running clock.
    ///
    /// `kept` keeps notices for a courier instead of writing them at once.
    pub async fn live(database: Option<&Path>, connector: Option<HttpOperator>, kept: bool) -> Result<House, Failure> {
        let database = match database {
            Some(path) => Database::open(path).await.with_context(|| path.display().to_string())?,
            None => Database::temporary().await?,
        };
        let operator: Arc<dyn Operator> = match connector {
            Some(connector) => Arc::new(connector),
            None => Arc::new(DemoOperator::new(database.clone(), business::clock::system())),
        };
        let outbox: Arc<dyn Outbox> = if kept { Arc::new(KeptOutbox(database.clone())) } else { Arc::new(FileOutbox::beside(&database)) };
        House::with(database, operator, outbox)
    }

    /// With the demo operator, and forgotten at the end.
    pub async fn at(now: DateTime) -> Result<House, Failure> {
        let database = Database::temporary().await?;
        let outbox = Arc::new(FileOutbox::beside(&database));
        House::with(database.clone(), Arc::new(DemoOperator::new(database, business::clock::fixed(now))), outbox)
    }

    fn with(database: Database, operator: Arc<dyn Operator>, outbox: Arc<dyn Outbox>) -> Result<House, Failure> {
        let data = data_dir();
        let (desk, edition) = Desk::open(&data)?;
        let handbook = handbook(&data.join("care"))?;
        let services = Services {
            edition: edition.id,
            engine: edition.engine,
            router: edition.router,
            grammars: edition.grammars,
            operator,
            work_orders: WorkOrders::new(database.clone(), Arc::new(handbook)),
            outbox,
            records: database.clone(),
            database,
        };
        let services = Arc::new(services);
        Ok(House { editions: Editions::new(services.clone()), services, desk })
    }
}

impl House {
    /// Speaks both languages; the one the call begins in is loaded now.
    pub fn speech(lang: Lang) -> Result<Arc<Speech>, Failure> {
        let speech = Speech::new(&Models::open()?, &Voices::open()?)?;
        speech.warm(lang)?;
        Ok(Arc::new(speech))
    }

    /// `live`: callers wait for it in real time.
    pub fn recogniser(live: bool) -> Result<Arc<dyn Recogniser>, Failure> {
        Ok(Arc::new(if live { transcribe::open_live()? } else { transcribe::open()? }))
    }
}

/// Classes, dispatch rules and texts of a folder.
pub(super) fn handbook(folder: &Path) -> Result<Handbook, Failure> {
    Handbook::read(folder).map_err(|faults| {
        let first = faults.first().map(ToString::to_string).unwrap_or_default();
        anyhow::anyhow!("{first} (faults in all: {}; run `tingshuo check`)", faults.len())
    })
}
