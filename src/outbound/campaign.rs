//! What a campaign may become, and what it may be.

use crate::desk::hours::Span;
use crate::store::{CampaignRow, Database, NewCampaign, Once, Signed, StoreError};
use jiff::Timestamp;
use serde::Deserialize;

/// Where a campaign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Draft,
    /// Begins by itself at its moment.
    Scheduled,
    Running,
    Paused,
    /// Everybody was called, or given up.
    Done,
    Cancelled,
}

impl State {
    pub const ALL: [State; 6] = [State::Draft, State::Scheduled, State::Running, State::Paused, State::Done, State::Cancelled];

    pub fn name(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Scheduled => "scheduled",
            State::Running => "running",
            State::Paused => "paused",
            State::Done => "done",
            State::Cancelled => "cancelled",
        }
    }

    pub fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether contacts may be added.
    pub fn takes_contacts(self) -> bool {
        !matches!(self, State::Done | State::Cancelled)
    }
}

/// What a campaign does when a machine answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMachine {
    /// It is left the flow's message, and that is the call; one that takes none is called again.
    #[default]
    Message,
    /// It is hung up on, and the customer is called again.
    Retry,
    /// It is hung up on, and the customer is not called again.
    Done,
}

impl OnMachine {
    pub const ALL: [OnMachine; 3] = [OnMachine::Message, OnMachine::Retry, OnMachine::Done];

    pub fn name(self) -> &'static str {
        match self {
            OnMachine::Message => "message",
            OnMachine::Retry => "retry",
            OnMachine::Done => "done",
        }
    }

    pub fn from_name(name: &str) -> Option<OnMachine> {
        OnMachine::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// What a campaign does when a machine answers.
///
/// # Errors
/// The database holds something else.
pub fn on_machine(campaign: &CampaignRow) -> Result<OnMachine, CampaignError> {
    let kept = &campaign.is.on_machine;
    OnMachine::from_name(kept).ok_or_else(|| StoreError::Damaged(format!("a campaign that does {kept} with machines")).into())
}

/// What somebody does with a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    Schedule(Timestamp),
    Start,
    Pause,
    Cancel,
    /// Nobody is left to call.
    Finish,
}

impl Move {
    /// What it is called in the campaign's history.
    pub fn name(self) -> &'static str {
        match self {
            Move::Schedule(_) => "scheduled",
            Move::Start => "started",
            Move::Pause => "paused",
            Move::Cancel => "cancelled",
            Move::Finish => "finished",
        }
    }

    /// The state after it; `None` when it is not possible.
    pub fn from(self, state: State) -> Option<State> {
        match (self, state) {
            (Move::Schedule(_), State::Draft | State::Scheduled | State::Paused) => Some(State::Scheduled),
            (Move::Start, State::Draft | State::Scheduled | State::Paused) => Some(State::Running),
            (Move::Pause, State::Running | State::Scheduled) => Some(State::Paused),
            (Move::Cancel, State::Draft | State::Scheduled | State::Running | State::Paused) => Some(State::Cancelled),
            (Move::Finish, State::Running) => Some(State::Done),
            _ => None,
        }
    }
}

/// By what the operator can do about it.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    #[error("there is no campaign `{0}`; `tingshuo campaign status` lists them")]
    NotFound(String),
    #[error("there is a campaign `{0}` already; choose another name")]
    NameTaken(String),
    #[error("a campaign that is {state} cannot be {wanted}")]
    NotPossible { state: &'static str, wanted: &'static str },
    /// Somebody else changed it meanwhile: look at it again.
    #[error("the campaign was changed by somebody else meanwhile; look at its state again")]
    Raced,
    #[error("{0}")]
    Limits(&'static str),
    /// A key stands for one thing, ever: send another one.
    #[error("this Idempotency-Key was used for something else; send another one")]
    KeyTaken,
    /// Look at them, and say how many there are.
    #[error(
        "{0} calls were promised to customers and would not be made; pause the campaign instead, or confirm their number (`promises`) to cancel it all the same"
    )]
    Promised(u64),
    #[error("a campaign that is {0} cannot be changed; pause it first")]
    NotChangeable(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Most calls a minute of one campaign, and at one time.
const MOST_PER_MINUTE: u32 = 6_000;
const MOST_CONCURRENT: u32 = 1_000;
/// One call and so many repetitions.
const MOST_ATTEMPTS: u32 = 10;
const LONGEST_NAME: usize = 100;

/// Keeps a new campaign as a draft.
///
/// # Errors
/// Its name is taken, or a limit is out of bounds.
pub async fn create(database: &Database, new: &NewCampaign, signed: Signed<'_>) -> Result<i64, CampaignError> {
    within_limits(new)?;
    match database.campaigns().create(new, State::Draft.name(), signed).await? {
        Once::Now(id) | Once::Before(id) => Ok(id),
        Once::Refused => Err(CampaignError::NameTaken(new.name.clone())),
        Once::KeyTaken => Err(CampaignError::KeyTaken),
    }
}

/// Gives a campaign that does not run other settings.
///
/// # Errors
/// It runs or is over, its name is taken, or a limit is out of bounds.
pub async fn change(database: &Database, campaign: &CampaignRow, new: &NewCampaign, signed: Signed<'_>) -> Result<(), CampaignError> {
    within_limits(new)?;
    let state = state(campaign)?;
    if !matches!(state, State::Draft | State::Scheduled | State::Paused) {
        return Err(CampaignError::NotChangeable(state.name()));
    }
    match database.campaigns().change(campaign.id, new, state.name(), signed).await? {
        Once::Now(()) | Once::Before(()) => Ok(()),
        Once::Refused if database.campaigns().find(&new.name).await?.is_some_and(|other| other.id != campaign.id) => {
            Err(CampaignError::NameTaken(new.name.clone()))
        }
        Once::Refused => Err(CampaignError::Raced),
        Once::KeyTaken => Err(CampaignError::KeyTaken),
    }
}

/// A new draft with the settings and contacts of another campaign; nobody of it was called.
pub async fn duplicate(database: &Database, campaign: &CampaignRow, name: &str, signed: Signed<'_>) -> Result<i64, CampaignError> {
    let id = create(database, &NewCampaign { name: name.to_owned(), ..campaign.is.clone() }, signed).await?;
    database.contacts().copy(campaign.id, id, signed.at).await?;
    Ok(id)
}

fn within_limits(new: &NewCampaign) -> Result<(), CampaignError> {
    let fault = if new.name.trim().is_empty() || new.name.chars().count() > LONGEST_NAME {
        "a campaign's name has 1 to 100 characters"
    } else if !(1..=MOST_PER_MINUTE).contains(&new.per_minute) {
        "calls a minute are 1 to 6000"
    } else if !(1..=MOST_CONCURRENT).contains(&new.concurrent) {
        "calls at one time are 1 to 1000"
    } else if !(1..=MOST_ATTEMPTS).contains(&new.most_attempts) {
        "attempts are 1 to 10"
    } else {
        return Ok(());
    };
    Err(CampaignError::Limits(fault))
}

/// The campaign of this name.
pub async fn find(database: &Database, name: &str) -> Result<CampaignRow, CampaignError> {
    database.campaigns().find(name).await?.ok_or_else(|| CampaignError::NotFound(name.to_owned()))
}

/// Where a campaign is.
pub fn state(campaign: &CampaignRow) -> Result<State, CampaignError> {
    State::from_name(&campaign.state).ok_or_else(|| StoreError::Damaged(format!("a campaign's state {}", campaign.state)).into())
}

/// Carries a campaign on; what was done under the same key is not done again.
///
/// # Errors
/// That cannot be done in its present state.
pub async fn advance(database: &Database, campaign: &CampaignRow, wanted: Move, signed: Signed<'_>) -> Result<State, CampaignError> {
    let state = state(campaign)?;
    let starts = match wanted {
        Move::Schedule(at) => Some(at),
        _ => None,
    };
    if let Some(key) = signed.key {
        let asked = starts.map(|at| at.to_string()).unwrap_or_default();
        match database.campaigns().done_before(campaign.id, wanted.name(), &asked, key).await? {
            Some(Once::KeyTaken) => return Err(CampaignError::KeyTaken),
            Some(_) => return Ok(state),
            None => {}
        }
    }
    let next = wanted.from(state).ok_or(CampaignError::NotPossible { state: state.name(), wanted: wanted.name() })?;
    match database.campaigns().advance(campaign.id, (state.name(), next.name()), starts, wanted.name(), signed).await? {
        Once::Now(()) | Once::Before(()) => Ok(next),
        Once::Refused => Err(CampaignError::Raced),
        Once::KeyTaken => Err(CampaignError::KeyTaken),
    }
}

/// A campaign's own hours as its column has them: `09:00-18:00,09:00-18:00,-,-,-,-,-`; empty for the calendar's alone.
pub fn write_week(week: Option<&[Option<Span>; 7]>) -> String {
    let day = |span: &Option<Span>| span.map_or_else(|| "-".to_owned(), |span| span.to_string());
    week.map(|week| week.iter().map(day).collect::<Vec<_>>().join(",")).unwrap_or_default()
}

/// What [`write_week`] gave.
pub fn read_week(text: &str) -> Result<Option<[Option<Span>; 7]>, CampaignError> {
    if text.is_empty() {
        return Ok(None);
    }
    let damaged = || CampaignError::from(StoreError::Damaged(format!("a campaign's hours {text}")));
    let mut week = [None; 7];
    let mut days = text.split(',');
    for slot in &mut week {
        let day = days.next().ok_or_else(damaged)?;
        *slot = if day == "-" { None } else { Some(Span::parse(day).ok_or_else(damaged)?) };
    }
    Ok(Some(week))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    pub(crate) fn new(name: &str) -> NewCampaign {
        NewCampaign {
            name: name.to_owned(),
            flow: "welcome".to_owned(),
            lang: Lang::Zh,
            trunk: String::new(),
            caller: String::new(),
            week: String::new(),
            per_minute: 60,
            concurrent: 10,
            most_attempts: 3,
            needs_consent: false,
            on_machine: OnMachine::Message.name().to_owned(),
        }
    }

    #[tokio::test]
    async fn a_campaign_goes_its_way_and_no_other() {
        let database = Database::temporary().await.unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let signed = Signed { author: "limin", at: now, key: None };
        create(&database, &new("十一月账单"), signed).await.unwrap();
        assert!(matches!(create(&database, &new("十一月账单"), signed).await, Err(CampaignError::NameTaken(_))));
        for (step, expected) in [
            (Move::Pause, None),
            (Move::Schedule(now), Some(State::Scheduled)),
            (Move::Start, Some(State::Running)),
            (Move::Start, None),
            (Move::Pause, Some(State::Paused)),
            (Move::Finish, None),
            (Move::Start, Some(State::Running)),
            (Move::Cancel, Some(State::Cancelled)),
            (Move::Start, None),
        ] {
            let campaign = find(&database, "十一月账单").await.unwrap();
            assert_eq!(advance(&database, &campaign, step, signed).await.ok(), expected, "{step:?}");
        }
        let campaign = find(&database, "十一月账单").await.unwrap();
        let error = advance(&database, &campaign, Move::Start, signed).await.unwrap_err();
        assert_eq!(error.to_string(), "a campaign that is cancelled cannot be started");
        let steps = database.campaigns().steps(campaign.id, 10).await.unwrap();
        let told: Vec<&str> = steps.iter().map(|step| step.step.as_str()).collect();
        assert_eq!(told, ["cancelled", "started", "paused", "started", "scheduled", "created"]);
    }

    #[tokio::test]
    async fn what_carries_a_key_is_done_once() {
        let database = Database::temporary().await.unwrap();
        let signed = |key| Signed { author: "billing", at: Timestamp::UNIX_EPOCH, key: Some(key) };
        let id = create(&database, &new("a"), signed("1")).await.unwrap();
        assert_eq!(create(&database, &new("a"), signed("1")).await.unwrap(), id);
        assert!(matches!(create(&database, &new("b"), signed("1")).await, Err(CampaignError::KeyTaken)));
        let other = create(&database, &new("b"), signed("2")).await.unwrap();
        let row = async |id| database.campaigns().get(id).await.unwrap().unwrap();
        assert_eq!(advance(&database, &row(id).await, Move::Start, signed("3")).await.unwrap(), State::Running);
        assert_eq!(advance(&database, &row(id).await, Move::Start, signed("3")).await.unwrap(), State::Running);
        assert!(matches!(advance(&database, &row(other).await, Move::Start, signed("3")).await, Err(CampaignError::KeyTaken)));
        assert_eq!(row(other).await.state, "draft");
    }

    #[tokio::test]
    async fn settings_change_while_nobody_is_called() {
        let database = Database::temporary().await.unwrap();
        let signed = Signed { author: "limin", at: Timestamp::UNIX_EPOCH, key: None };
        let id = create(&database, &new("a"), signed).await.unwrap();
        create(&database, &new("b"), signed).await.unwrap();
        let row = async || database.campaigns().get(id).await.unwrap().unwrap();
        change(&database, &row().await, &NewCampaign { per_minute: 90, ..new("c") }, signed).await.unwrap();
        assert_eq!((row().await.is.per_minute, row().await.is.name.as_str()), (90, "c"));
        assert!(matches!(change(&database, &row().await, &new("b"), signed).await, Err(CampaignError::NameTaken(_))));
        let copy = duplicate(&database, &row().await, "d", signed).await.unwrap();
        assert_eq!(database.campaigns().get(copy).await.unwrap().unwrap().is.per_minute, 90);
        advance(&database, &row().await, Move::Start, signed).await.unwrap();
        let error = change(&database, &row().await, &new("c"), signed).await.unwrap_err();
        assert_eq!(error.to_string(), "a campaign that is running cannot be changed; pause it first");
    }

    #[tokio::test]
    async fn limits_say_what_is_possible() {
        let database = Database::temporary().await.unwrap();
        for (wrong, expected) in [
            (NewCampaign { per_minute: 0, ..new("a") }, "calls a minute are 1 to 6000"),
            (NewCampaign { concurrent: 1_001, ..new("a") }, "calls at one time are 1 to 1000"),
            (NewCampaign { most_attempts: 0, ..new("a") }, "attempts are 1 to 10"),
            (new(" "), "a campaign's name has 1 to 100 characters"),
        ] {
            let signed = Signed { author: "limin", at: Timestamp::UNIX_EPOCH, key: None };
            assert_eq!(create(&database, &wrong, signed).await.unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn hours_of_a_campaign_come_back_from_their_column() {
        let mut week = [Span::parse("09:00-24:00"); 7];
        week[3] = None;
        assert_eq!(read_week(&write_week(Some(&week))).unwrap(), Some(week));
        assert_eq!(read_week(&write_week(None)).unwrap(), None);
        assert!(read_week("09:00-18:00").is_err());
    }
}
