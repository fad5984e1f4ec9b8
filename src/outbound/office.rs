//! What operators and other systems ask of campaigns: settings that fit this service, how far one is, lists of contacts. The database behind it is the one that
//! [`super::calls::Calls`] dials from.

use super::calendar::Calendar;
use super::campaign::{self, CampaignError, State, read_week};
use super::forecast::{self, Left};
use super::import::{self, Fault, Import, ImportError, Imported, Reason, Rows};
use super::sheet::Form;
use super::trigger::Rule;
use crate::store::{CampaignRow, Database, ImportPart, ImportRow, NewCampaign, NewContact, Once, Signed, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;

/// See the module's text.
#[derive(Clone)]
pub struct Office {
    pub database: Database,
    pub calendar: Arc<Calendar>,
    /// Flows that calls can begin with.
    pub flows: Names,
    /// Trunks that calls can go through.
    pub trunks: Names,
    /// Numbers that customers may see, by trunk.
    pub callers: Arc<BTreeMap<String, Vec<String>>>,
    /// Which events lead to calls.
    pub rules: Arc<Vec<Rule>>,
}

/// Names, as they are at present.
pub type Names = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// By what who asks can do about it.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    #[error(transparent)]
    Campaign(#[from] CampaignError),
    /// Look at the list, and send it again.
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("no flow `{0}` begins calls; there are: {1}")]
    NoFlow(String, String),
    #[error("there is no trunk `{0}`; there are: {1}; leave it empty for the first one")]
    NoTrunk(String, String),
    #[error(
        "the trunk `{trunk}` does not show the number {number}; it shows: {known}; others are added to `numbers` of its section in the configuration"
    )]
    NoCaller { number: String, trunk: String, known: String },
    #[error("a campaign that is {0} takes no contacts; copy it to call somebody else")]
    Closed(&'static str),
}

impl From<StoreError> for OfficeError {
    fn from(error: StoreError) -> OfficeError {
        CampaignError::Store(error).into()
    }
}

impl From<std::io::Error> for OfficeError {
    fn from(error: std::io::Error) -> OfficeError {
        ImportError::Io(error).into()
    }
}

/// How far a campaign is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// All contacts, and those of each state.
    pub contacts: i64,
    pub by_state: BTreeMap<String, i64>,
    /// Calls begun, and how they ended; those under way are not among the latter.
    pub dialled: i64,
    pub under_way: i64,
    pub outcomes: BTreeMap<String, i64>,
    /// Calls that a person answered.
    pub answered: i64,
    /// Calls that a machine answered, and those of them in which it was left the message.
    pub machines: i64,
    pub messages_left: i64,
    /// Calls begun a minute, lately.
    pub pace: f64,
    /// When the last one will be called, as it goes now.
    pub ends: Option<Timestamp>,
}

/// What would come of a list.
#[derive(Debug)]
pub struct Preview {
    pub encoding: &'static str,
    pub delimiter: char,
    pub variables: Vec<String>,
    /// The first ones.
    pub contacts: Vec<NewContact>,
    pub faults: Vec<Fault>,
    /// All of them.
    pub good: u64,
    pub faulty: u64,
}

/// The pace is that of so many minutes.
const PACE_MINUTES: i64 = 5;
/// Shown of a list before it is taken over.
const PREVIEWED: usize = 10;
const FAULTS_PREVIEWED: usize = 100;

/// Outcomes of calls in which the customer was told.
pub const TOLD: [&str; 5] = ["completed", "confirmed", "refused", "changed", "transferred"];
/// Others that a person answered.
const ANSWERED: [&str; 4] = ["later", "opted_out", "wrong_person", "hung_up"];

impl Office {
    /// Whether this service can carry such a campaign out.
    pub fn check(&self, new: &NewCampaign) -> Result<(), OfficeError> {
        let flows = (self.flows)();
        if !flows.contains(&new.flow) {
            return Err(OfficeError::NoFlow(new.flow.clone(), flows.join(", ")));
        }
        let trunks = (self.trunks)();
        if !new.trunk.is_empty() && !trunks.contains(&new.trunk) {
            return Err(OfficeError::NoTrunk(new.trunk.clone(), trunks.join(", ")));
        }
        let trunk = if new.trunk.is_empty() { trunks.first() } else { Some(&new.trunk) };
        let shown = trunk.and_then(|trunk| self.callers.get(trunk)).map(Vec::as_slice).unwrap_or_default();
        if !new.caller.is_empty() && !shown.contains(&new.caller) {
            let known = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
            return Err(OfficeError::NoCaller { number: new.caller.clone(), trunk: trunk.cloned().unwrap_or_default(), known });
        }
        Ok(())
    }

    pub async fn find(&self, id: i64) -> Result<CampaignRow, OfficeError> {
        let found = self.database.campaigns().get(id).await?;
        Ok(found.ok_or_else(|| CampaignError::NotFound(id.to_string()))?)
    }

    /// The calendar with the campaign's own hours.
    pub fn calendar_of(&self, week: &str) -> Result<Calendar, OfficeError> {
        Ok(match read_week(week)? {
            Some(week) => self.calendar.narrowed(&week),
            None => (*self.calendar).clone(),
        })
    }

    pub async fn figures(&self, campaign: &CampaignRow, now: Timestamp) -> Result<Figures, OfficeError> {
        let progress = self.database.campaigns().progress(campaign.id).await?;
        let mut figures = Figures { by_state: progress.contacts.into_iter().collect(), ..Figures::default() };
        figures.contacts = figures.by_state.values().sum();
        for (outcome, calls) in progress.attempts {
            figures.dialled += calls;
            match outcome {
                None => figures.under_way += calls,
                Some(outcome) => {
                    figures.answered += if TOLD.contains(&outcome.as_str()) || ANSWERED.contains(&outcome.as_str()) { calls } else { 0 };
                    figures.outcomes.insert(outcome, calls);
                }
            }
        }
        let of = |outcome: &str| figures.outcomes.get(outcome).copied().unwrap_or_default();
        (figures.machines, figures.messages_left) = (of("machine") + of("message_left"), of("message_left"));
        let since = now.saturating_sub(SignedDuration::from_mins(PACE_MINUTES)).unwrap_or(Timestamp::MIN);
        figures.pace = self.database.contacts().begun_since(campaign.id, since).await? as f64 / PACE_MINUTES as f64;
        figures.ends = self.ends(campaign, &figures, now).await?;
        Ok(figures)
    }

    async fn ends(&self, campaign: &CampaignRow, figures: &Figures, now: Timestamp) -> Result<Option<Timestamp>, OfficeError> {
        let state = campaign::state(campaign)?;
        if matches!(state, State::Done | State::Cancelled) {
            return Ok(None);
        }
        let of = |state: &str| figures.by_state.get(state).copied().unwrap_or_default();
        // Who is through was called so often; the others will be as well.
        let through = of("done") + of("given_up") + of("stopped");
        let calls_each = if through > 0 { (figures.dialled as f64 / through as f64).max(1.0) } else { 1.0 };
        let calls_each = calls_each.min(f64::from(campaign.is.most_attempts));
        let waiting = self.database.campaigns().waiting(campaign.id).await?;
        let left: Vec<Left> = waiting.into_iter().map(|(region, n)| Left { region, calls: n as f64 * calls_each }).collect();
        let per_minute = if state == State::Running && figures.pace > 0.0 { figures.pace } else { f64::from(campaign.is.per_minute) };
        let begins = campaign.starts.filter(|_| state == State::Scheduled).map_or(now, |starts| starts.max(now));
        Ok(forecast::ends(&self.calendar_of(&campaign.is.week)?, &left, per_minute, begins))
    }

    fn begin(&self, mut file: File, phone: Option<&str>) -> Result<(Form, Import<File>), ImportError> {
        let form = Form::find(&mut file, None)?;
        Ok((form, Import::begin(file, form, phone, self.calendar.regions())?))
    }

    /// Reads a whole list and keeps nothing of it.
    pub async fn preview(&self, file: File, phone: Option<String>) -> Result<Preview, OfficeError> {
        let office = self.clone();
        blocking(move || {
            let (form, mut import) = office.begin(file, phone.as_deref())?;
            let variables = import.columns.variables().map(str::to_owned).collect();
            let (encoding, delimiter) = (form.encoding.name(), char::from(form.delimiter));
            let mut preview = Preview { encoding, delimiter, variables, contacts: Vec::new(), faults: Vec::new(), good: 0, faulty: 0 };
            while let Some(row) = import.contact()? {
                match row {
                    Ok(contact) => {
                        preview.good += 1;
                        if preview.contacts.len() < PREVIEWED {
                            preview.contacts.push(contact);
                        }
                    }
                    Err(fault) => {
                        preview.faulty += 1;
                        if preview.faults.len() < FAULTS_PREVIEWED {
                            preview.faults.push(fault);
                        }
                    }
                }
            }
            Ok(preview)
        })
        .await
    }

    /// Takes a list over. What is not taken is kept with its line; the same key is done once.
    pub async fn import(
        &self,
        campaign: &CampaignRow,
        file: File,
        phone: Option<String>,
        asked: &str,
        signed: Signed<'_>,
    ) -> Result<ImportRow, OfficeError> {
        self.open_to_contacts(campaign)?;
        let office = self.clone();
        let mut import = blocking(move || Ok(office.begin(file, phone.as_deref())?.1)).await?;
        let Some(id) = self.begin_import(campaign, asked, signed).await? else { return self.imported(campaign, signed).await };
        loop {
            let rows;
            (import, rows) = blocking(move || {
                let rows = import.rows()?;
                Ok((import, rows))
            })
            .await?;
            let are_last = rows.are_last;
            self.part(campaign.id, id, rows, signed.at).await?;
            if are_last {
                return self.end_import(campaign, id).await;
            }
        }
    }

    /// Takes contacts over that came as rows already.
    pub async fn add(
        &self,
        campaign: &CampaignRow,
        rows: Vec<Result<NewContact, Fault>>,
        asked: &str,
        signed: Signed<'_>,
    ) -> Result<ImportRow, OfficeError> {
        self.open_to_contacts(campaign)?;
        let Some(id) = self.begin_import(campaign, asked, signed).await? else { return self.imported(campaign, signed).await };
        let mut parts = Rows { are_last: true, ..Rows::default() };
        for row in rows {
            match row {
                Ok(contact) => parts.contacts.push(contact),
                Err(fault) => parts.faults.push(fault),
            }
        }
        self.part(campaign.id, id, parts, signed.at).await?;
        self.end_import(campaign, id).await
    }

    fn open_to_contacts(&self, campaign: &CampaignRow) -> Result<(), OfficeError> {
        let state = campaign::state(campaign)?;
        if state.takes_contacts() { Ok(()) } else { Err(OfficeError::Closed(state.name())) }
    }

    /// `None` when it was done before.
    async fn begin_import(&self, campaign: &CampaignRow, asked: &str, signed: Signed<'_>) -> Result<Option<i64>, OfficeError> {
        match self.database.contact_imports().begin(campaign.id, asked, signed).await? {
            Once::Now(id) => Ok(Some(id)),
            Once::Before(_) => Ok(None),
            Once::Refused | Once::KeyTaken => Err(CampaignError::KeyTaken.into()),
        }
    }

    async fn imported(&self, campaign: &CampaignRow, signed: Signed<'_>) -> Result<ImportRow, OfficeError> {
        let key = signed.key.unwrap_or_default();
        let found = self.database.contact_imports().with_key(campaign.id, key).await?;
        Ok(found.ok_or_else(|| StoreError::Damaged("an import is gone".into()))?)
    }

    async fn part(&self, campaign: i64, import: i64, rows: Rows, now: Timestamp) -> Result<(), OfficeError> {
        let (Imported { added, repeated, faulty }, faults) = import::add(&self.database.contacts(), campaign, rows, now).await?;
        let faults: Vec<_> = faults.into_iter().map(|Fault { line, reason }| (line, reason.kind.name(), reason.subject)).collect();
        self.database.contact_imports().part(import, ImportPart { added, repeated, faulty, faults: &faults }).await?;
        Ok(())
    }

    async fn end_import(&self, campaign: &CampaignRow, import: i64) -> Result<ImportRow, OfficeError> {
        self.database.contact_imports().end(import, Timestamp::now()).await?;
        let found = self.database.contact_imports().find(campaign.id, import).await?;
        Ok(found.ok_or_else(|| StoreError::Damaged("an import is gone".into()))?)
    }
}

/// Rows of an import that were not taken, a page after the line `after`.
pub async fn faults(database: &Database, import: i64, after: i64, most: u32) -> Result<Vec<Fault>, StoreError> {
    let read = |(line, kind, subject): (i64, String, String)| {
        let reason = Reason::kept(&kind, subject).ok_or_else(|| StoreError::Damaged(format!("a fault of the kind {kind}")))?;
        Ok(Fault { line: line.cast_unsigned(), reason })
    };
    database.contact_imports().faults(import, after, most).await?.into_iter().map(read).collect()
}

/// Files are read beside the calls.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, ImportError> + Send + 'static) -> Result<T, OfficeError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| ImportError::Io(std::io::Error::other(error)))?;
    Ok(done?)
}

#[cfg(test)]
mod tests;
