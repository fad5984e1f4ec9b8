//! The sound of a scenario's caller: a voice, the noise around it, the telephone.

use super::caller::{Act, Answers, ScriptedCaller, Spoken, Title, acts};
use super::rehearsal::Expected;
use super::scenario::{Scenario, Turn};
use crate::audio::{Audio, CALL_RATE_HZ, resample, treatment, wav};
use crate::cli::Failure;
use crate::cli::fixtures::caller::{Callers, silence};
use crate::cli::fixtures::recipe::Noise;
use crate::dialog::Flows;
use crate::nlu::Intent;
use crate::text::Lang;
use anyhow::Context;

const AROUND_MS: usize = 200;
/// Of the first, second and third time that something is said; the pitch goes with it.
const TEMPI: [f32; 3] = [1.0, 0.96, 1.04];

/// Who speaks, and where.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    /// By its name; `None` is the service's own.
    pub name: Option<&'a str>,
    pub speed: f32,
    pub semitones: f32,
    /// So many decibels under the speech.
    pub noise: Option<(Noise, f32)>,
    /// Not through the telephone.
    pub wideband: bool,
}

impl<'a> Voice<'a> {
    /// A voice of another than the service.
    pub fn named(name: &'a str) -> Voice<'a> {
        Voice { name: Some(name), speed: 1.0, semitones: 0.0, noise: None, wideband: false }
    }

    /// The service's own voice, changed to be a caller's.
    pub const OWN: Voice<'static> = Voice { name: None, speed: 0.95, semitones: -2.0, noise: None, wideband: false };
}

/// What makes a caller's sound.
pub struct Stage<'a> {
    pub flows: &'a Flows,
    pub callers: &'a mut Callers,
    pub voice: Voice<'a>,
    pub lang: Lang,
}

impl Stage<'_> {
    /// A caller who does just what is written.
    ///
    /// # Errors
    /// A recording or a voice cannot be read.
    pub fn as_written(&mut self, scenario: &Scenario) -> Result<ScriptedCaller, Failure> {
        Ok(ScriptedCaller::new(acts(scenario, |turn, text| self.sound(turn, text))?))
    }

    /// A caller who listens, and expects what came of the rehearsal.
    ///
    /// # Errors
    /// A recording or a voice cannot be read.
    pub fn patient(&mut self, scenario: &Scenario, rehearsed: &[Expected]) -> Result<ScriptedCaller, Failure> {
        let mut ready: Vec<Act> = acts(scenario, |turn, text| self.sound(turn, text))?;
        for ((act, expected), turn) in ready.iter_mut().zip(rehearsed).zip(&scenario.turns) {
            if let Some(text) = turn.say.as_ref().filter(|_| !expected.repeated.is_empty()) {
                act.correction = self.speak(&match self.lang {
                    Lang::Zh => format!("不对，是{text}"),
                    Lang::En => format!("no, {text}"),
                })?;
            }
            act.title = expected.wish.map(|wish| self.title(wish)).transpose()?.flatten();
            act.expected = expected.clone();
        }
        let (yes, no) = match self.lang {
            Lang::Zh => ("对，是的", "不是"),
            Lang::En => ("yes, that's right", "no"),
        };
        Ok(ScriptedCaller::patient(ready, Answers { yes: self.speak(yes)?, no: self.speak(no)? }))
    }

    fn title(&mut self, wish: Intent) -> Result<Option<Title>, Failure> {
        let Some(text) = self.flows.title(wish, self.lang) else { return Ok(None) };
        let text = text.to_owned();
        Ok(Some(Title { spoken: self.speak(&text)?, text }))
    }

    fn sound(&mut self, turn: &Turn, text: &str) -> Result<Spoken, Failure> {
        let Some(file) = &turn.wav else {
            let mut spoken = self.speak(text)?;
            for (again, take) in turn.say_again.iter().zip(spoken.takes.iter_mut().skip(1)) {
                *take = self.speak(again)?.takes.swap_remove(0);
            }
            return Ok(spoken);
        };
        let audio: Audio = wav::read(file).with_context(|| file.display().to_string())?;
        let samples = resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ);
        self.takes(&samples, text)
    }

    fn speak(&mut self, text: &str) -> Result<Spoken, Failure> {
        let mut samples = silence(AROUND_MS);
        samples.extend(self.callers.spoken(self.voice.name, self.lang, text, self.voice.speed, self.voice.semitones)?);
        samples.extend(silence(AROUND_MS));
        self.takes(&samples, text)
    }

    /// The same words at several moments: a little slower or faster, in other noise.
    fn takes(&mut self, samples: &[f32], text: &str) -> Result<Spoken, Failure> {
        let seed: u64 = text.chars().map(u64::from).sum();
        let takes = TEMPI.iter().zip(0..).map(|(tempo, n)| {
            let said = resample::resample(samples, (CALL_RATE_HZ as f32 * tempo) as u32, CALL_RATE_HZ);
            let heard = match self.voice.noise {
                Some((noise, snr_db)) => self.callers.in_noise(&said, noise, snr_db, seed + n)?,
                None => said,
            };
            Ok(if self.voice.wideband { heard } else { treatment::telephone(&heard, CALL_RATE_HZ) })
        });
        Ok(Spoken { takes: takes.collect::<Result<_, Failure>>()? })
    }
}
