//! A campaign heard before anybody is called: what its call says first, with the variables of a contact or with typed ones, in its language. Nothing of it is kept.

use crate::audio::wav;
use crate::call::editions::Editions;
use crate::call::trial;
use crate::dialog::errand::VariableType;
use crate::dialog::{Errand, NoErrand, Utterance};
use crate::store::{CampaignRow, Database, StoreError};
use crate::text::Lang;
use crate::tts::{Manner, Speech, TtsError};
use jiff::civil::DateTime;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// See the module's text.
pub struct Audition {
    editions: Arc<Editions>,
    speech: Arc<Speech>,
    /// One at a time: the voice is there for callers.
    turn: Arc<Semaphore>,
}

/// Whose call is heard: that of a contact, one with typed variables, or a contact's with others over its own.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub contact: Option<i64>,
    pub variables: BTreeMap<String, String>,
}

/// What a call is told of whom it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub lang: Lang,
    pub variables: BTreeMap<String, String>,
}

/// Something that a flow has to be told, or may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: VariableType,
    pub is_needed: bool,
}

/// What a call says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub lang: Lang,
    /// As soon as somebody answers.
    pub first: Vec<String>,
    /// When that is the customer.
    pub then: Vec<String>,
}

/// By what who listens can do about it.
#[derive(Debug, thiserror::Error)]
pub enum AuditionError {
    #[error("this campaign has no contact {0}")]
    NoContact(i64),
    #[error(transparent)]
    NoErrand(#[from] NoErrand),
    #[error("the voice cannot be heard: {0}")]
    NoVoice(#[from] TtsError),
    #[error("somebody else is listening just now; try it again in a moment")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How long somebody waits for another one to have heard his.
const TURN_WITHIN: Duration = Duration::from_secs(10);
/// Between two sentences, and before those that follow an answer.
const PAUSE_MS: u32 = 300;
const ANSWER_MS: u32 = 1_500;

impl Audition {
    pub fn new(editions: Arc<Editions>, speech: Arc<Speech>) -> Audition {
        Audition { editions, speech, turn: Arc::new(Semaphore::new(1)) }
    }

    /// What operators know a flow by.
    pub fn title(&self, flow: &str, lang: Lang) -> String {
        self.editions.current().engine.flows().reminder_title(flow, lang).to_owned()
    }

    /// What the flow is told; nothing where it begins no calls of ours.
    pub fn columns(&self, flow: &str) -> Vec<Column> {
        let house = self.editions.current();
        let Some(form) = house.engine.flows().form(flow) else { return Vec::new() };
        let columns = |kinds: &BTreeMap<String, VariableType>, is_needed: bool| {
            kinds.iter().map(|(name, kind)| Column { name: name.clone(), kind: *kind, is_needed }).collect::<Vec<_>>()
        };
        [columns(&form.needs, true), columns(&form.takes, false)].concat()
    }

    /// What the call is for, told this row.
    ///
    /// # Errors
    /// The campaign's flow begins no calls, or lacks something.
    pub fn errand(&self, campaign: &CampaignRow, row: &Row) -> Result<Errand, AuditionError> {
        Ok(self.editions.current().engine.flows().errand(&campaign.is.flow, &row.variables)?)
    }

    /// What such a call says, at this local time.
    pub async fn words(&self, campaign: &CampaignRow, row: &Row, now: DateTime) -> Result<Words, AuditionError> {
        let errand = self.errand(campaign, row)?;
        let [first, then] = trial::beginning(&self.editions.current(), errand, row.lang, now).await?;
        let texts = |said: Vec<Utterance>| said.into_iter().map(|utterance| utterance.text).collect();
        Ok(Words { lang: row.lang, first: texts(first), then: texts(then) })
    }

    /// The same as a WAV file, by the voice that calls have.
    pub async fn sound(&self, words: &Words) -> Result<Vec<u8>, AuditionError> {
        let turn = timeout(TURN_WITHIN, self.turn.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(AuditionError::Busy) };
        let (speech, words) = (self.speech.clone(), words.clone());
        let spoken = tokio::task::spawn_blocking(move || {
            // Given back when it is spoken, also where nobody waits for it any more.
            let _turn = turn;
            spoken(&speech, &words)
        });
        Ok(spoken.await.map_err(|error| TtsError::Engine(error.to_string()))??)
    }
}

fn spoken(speech: &Speech, words: &Words) -> Result<Vec<u8>, TtsError> {
    let mut samples: Vec<f32> = Vec::new();
    let mut rate_hz = 0;
    let parts = [(&words.first, 0), (&words.then, ANSWER_MS)];
    for (texts, answer_ms) in parts {
        for (place, text) in texts.iter().enumerate() {
            let audio = speech.say(text, words.lang, Manner::default())?;
            rate_hz = audio.rate_hz;
            let pause_ms = if place == 0 { answer_ms } else { PAUSE_MS };
            samples.resize(samples.len() + (pause_ms * rate_hz / 1_000) as usize, 0.0);
            samples.extend(audio.samples);
        }
    }
    if samples.is_empty() {
        return Err(TtsError::Unspeakable(String::new()));
    }
    let mut file = Cursor::new(Vec::new());
    wav::write_to(&mut file, rate_hz, &[&samples]).map_err(|error| TtsError::Engine(error.to_string()))?;
    Ok(file.into_inner())
}

/// What is told of whom is asked for.
///
/// # Errors
/// The campaign has no such contact.
pub async fn row(database: &Database, campaign: &CampaignRow, wanted: Wanted) -> Result<Row, AuditionError> {
    let mut row = Row { lang: campaign.is.lang, variables: BTreeMap::new() };
    if let Some(id) = wanted.contact {
        let contact = database.contacts().find(campaign.id, id).await?.ok_or(AuditionError::NoContact(id))?;
        // A row that is no JSON object of texts says nothing.
        row.variables = serde_json::from_str(&contact.variables).unwrap_or_default();
        let lang = [Lang::Zh, Lang::En].into_iter().find(|lang| Some(lang.code()) == contact.lang.as_deref());
        row.lang = lang.unwrap_or(row.lang);
    }
    row.variables.extend(wanted.variables);
    Ok(row)
}
