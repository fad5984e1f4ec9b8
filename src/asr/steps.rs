//! Whisper token by token, on the sound that its last whole pass has encoded.
//!
//! `WhisperState::full` leaves the encoded sound and the decoder's memory of the prompt behind; [`Steps`] goes on from there, so that a second look at the same
//! sound costs a few steps of the decoder and no encoder. Beginnings that share tokens share the memory of them.

use super::pool::Demand;
use super::recogniser::AsrError;
use super::search::NextToken;
use super::vocabulary::Token;
use whisper_rs::{WhisperContext, WhisperState};

/// A step is too short to be shared.
const THREADS: usize = 1;

/// See the module's text.
pub struct Steps<'a> {
    state: &'a mut WhisperState,
    /// Prompt, start, language and task.
    prefix: Vec<Token>,
    /// What the decoder's memory holds.
    held: Vec<Token>,
    /// Tokens from here on are no text; the first of them ends it.
    end_of_text: Token,
    /// How many tokens the decoder can hold.
    most: usize,
    demand: &'a dyn Demand,
    pub asked: usize,
}

impl<'a> Steps<'a> {
    /// `held`: whether `state` has just decoded `prefix`.
    pub fn new(model: &WhisperContext, state: &'a mut WhisperState, prefix: Vec<Token>, held: bool, demand: &'a dyn Demand) -> Steps<'a> {
        let held = if held { prefix.clone() } else { Vec::new() };
        let most = usize::try_from(model.n_text_ctx()).unwrap_or(0);
        Steps { state, prefix, held, end_of_text: model.token_eot(), most, demand, asked: 0 }
    }
}

impl NextToken for Steps<'_> {
    fn log_probabilities(&mut self, tokens: &[Token]) -> Result<Vec<f32>, AsrError> {
        self.demand.still_wanted()?;
        let engine = |error: whisper_rs::WhisperError| AsrError::Engine(error.to_string());
        let all = [&self.prefix, tokens].concat();
        let (Some((last, before)), true) = (all.split_last(), all.len() < self.most) else {
            return Err(AsrError::Engine("a text outgrew the decoder".into()));
        };
        let shared = self.held.iter().zip(before).take_while(|(a, b)| a == b).count();
        self.held.truncate(shared);
        // The last token goes alone: the logits of a batch are given for its first one only.
        if let Some(missing) = before.get(shared..).filter(|missing| !missing.is_empty()) {
            self.state.decode(missing, shared, THREADS).map_err(engine)?;
        }
        self.state.decode(&[*last], before.len(), THREADS).map_err(engine)?;
        self.asked += 1;
        self.held = all;
        let logits = self.state.get_logits().map_err(engine)?;
        let text = usize::try_from(self.end_of_text).ok().and_then(|end| logits.get(..=end)).unwrap_or_default();
        let highest = text.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = text.iter().map(|logit| (logit - highest).exp()).sum();
        let log_sum = highest + sum.ln();
        Ok(text.iter().map(|logit| logit - log_sum).collect())
    }
}
