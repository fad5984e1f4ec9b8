//! Requests that leave open what is wanted: `我想办业务`, `流量`. They are answered with a question; the phrases and what each may
//! mean are data, in the lexicon.

use super::Intent;
use super::lexicon::Lexicon;
use super::phrases::Phrases;
use super::wording::Wording;

/// Vague phrases of one language.
#[derive(Debug)]
pub struct Vague {
    phrases: Phrases<usize>,
    candidates: Vec<Vec<Intent>>,
}

impl Vague {
    pub fn new(lexicon: &Lexicon) -> Vague {
        let phrases =
            lexicon.vague.iter().enumerate().flat_map(|(at, vague)| vague.phrases.iter().map(move |phrase| (phrase.as_str(), at)));
        let candidates = lexicon.vague.iter().map(|vague| vague.may_be.clone()).collect();
        Vague { phrases: Phrases::new(phrases, &lexicon.fillers), candidates }
    }

    /// What the utterance may mean, the likeliest first, when it is vague as a whole.
    pub fn candidates(&self, wording: &Wording) -> Option<&[Intent]> {
        let (at, _) = self.phrases.whole(wording, |a, b| (a == b).then_some(a))?;
        self.candidates.get(at).map(Vec::as_slice)
    }
}
