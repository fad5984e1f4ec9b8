//! What the recogniser makes of a caller's pauses: once all is said that may be, nobody waits for the silence to last.

use crate::asr::recogniser::Priority;
use crate::asr::{Job, Recogniser, Transcript};
use crate::audio::FRAME_MS;
use crate::audio::endpointer::Timing;
use crate::call::services::Services;
use crate::cli::Failure;
use crate::cli::house::House;
use crate::grammar::Constraint;
use crate::nlu::Expectation;
use crate::text::Lang;
use anyhow::Context;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Nobody waits on the line.
const DEADLINE: Duration = Duration::from_secs(3600);
/// Nothing of the day is asked for.
const NOON: jiff::civil::DateTime = jiff::civil::date(2026, 11, 22).at(12, 0, 0, 0);

/// A question, and what hears its answers as in a call.
pub struct Hearing {
    recogniser: Arc<dyn Recogniser>,
    services: Arc<Services>,
    asked: Expectation,
    terms: Vec<String>,
    constraint: Option<Arc<Constraint>>,
    lang: Lang,
    runtime: Runtime,
}

/// When the text of what was said before a pause is there, in frames from it.
pub struct Text {
    /// It ends the wait, perhaps while it is still looked what else the words may have been.
    pub ends_after: Option<u64>,
    pub after: u64,
}

impl Hearing {
    /// # Errors
    /// There is no such grammar, or no model.
    pub fn of(grammar: &str, lang: Lang) -> Result<Hearing, Failure> {
        let runtime = Runtime::new()?;
        let services = runtime.block_on(House::at(NOON))?.services;
        services.grammars.get(lang, grammar).with_context(|| format!("there is no {lang} grammar called `{grammar}`"))?;
        let asked = Expectation { grammar: Some(grammar.to_owned()), ..Expectation::default() };
        let (terms, constraint) = (services.terms(lang, &asked), services.constraint(lang, &asked));
        Ok(Hearing { recogniser: House::recogniser(true)?, services, asked, terms, constraint, lang, runtime })
    }

    /// How the ear waits where a text does not end it.
    pub fn timing(&self) -> Timing {
        let in_figures = self.constraint.as_ref().is_some_and(|constraint| constraint.in_figures());
        if in_figures { Timing::NUMBER } else { Timing::CLOSED }
    }

    /// What becomes of a pause before which `samples` were said.
    ///
    /// # Errors
    /// The recogniser's.
    pub fn hear(&self, samples: Vec<f32>) -> Result<Text, Failure> {
        let begun = Instant::now();
        let frames = || (begun.elapsed().as_millis() as u64).div_ceil(u64::from(FRAME_MS));
        let is_all = |heard: &Transcript| self.services.is_all(self.lang, &self.asked, self.constraint.as_deref(), heard);
        let (terms, constraint) = (self.terms.clone(), self.constraint.clone());
        let job = Job { samples: samples.into(), lang: self.lang, terms, constraint, deadline: DEADLINE, priority: Priority::Trial };
        let mut pending = self.recogniser.submit(job)?;
        let words = self.runtime.block_on(pending.words());
        let at_first = words.filter(is_all).map(|_| frames());
        let heard = pending.wait_blocking()?;
        Ok(Text { ends_after: at_first.or_else(|| is_all(&heard).then(frames)), after: frames() })
    }
}
