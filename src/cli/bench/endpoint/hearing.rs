//! What the recogniser makes of a caller's pauses: once all is said that may be, nobody waits for the silence to last.

use crate::asr::recogniser::Priority;
use crate::asr::{Job, Recogniser};
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
}

impl Hearing {
    /// # Errors
    /// There is no such grammar, or no model.
    pub fn of(grammar: &str, lang: Lang) -> Result<Hearing, Failure> {
        let services = tokio::runtime::Runtime::new()?.block_on(House::at(NOON))?.services;
        services.grammars.get(lang, grammar).with_context(|| format!("there is no {lang} grammar called `{grammar}`"))?;
        let asked = Expectation { grammar: Some(grammar.to_owned()), ..Expectation::default() };
        let (terms, constraint) = (services.terms(lang, &asked), services.constraint(lang, &asked));
        Ok(Hearing { recogniser: House::recogniser(true)?, services, asked, terms, constraint, lang })
    }

    /// How the ear waits where a text does not end it.
    pub fn timing(&self) -> Timing {
        let in_figures = self.constraint.as_ref().is_some_and(|constraint| constraint.in_figures());
        if in_figures { Timing::NUMBER } else { Timing::CLOSED }
    }

    /// Frames from a pause until its text has ended the wait; `None` where it does not.
    ///
    /// # Errors
    /// The recogniser's.
    pub fn ends_after(&self, samples: Vec<f32>) -> Result<Option<u64>, Failure> {
        let begun = Instant::now();
        let (terms, constraint) = (self.terms.clone(), self.constraint.clone());
        let job = Job { samples: samples.into(), lang: self.lang, terms, constraint, deadline: DEADLINE, priority: Priority::Trial };
        let heard = self.recogniser.submit(job)?.wait_blocking()?;
        let frames = (begun.elapsed().as_millis() as u64).div_ceil(u64::from(FRAME_MS));
        let is_all = self.services.is_all(self.lang, &self.asked, self.constraint.as_deref(), &heard);
        Ok(is_all.then_some(frames))
    }
}
