//! What a spoken answer may have been, and how the times that it was said add up.
//!
//! A line may twist a digit so that another number is likelier; said again, it twists another one. What was likely both times is then likelier than what
//! was most likely once. So it is with a word that was twice heard as yes and not surely.

/// What any one number that was not named gets of the chance that none of the named ones was said: about one in as many as sound alike.
const ONE_NUMBER: f32 = 0.001;
/// Beside the answers to a closed question there is one more thing: whatever else may be said.
const ANYTHING_ELSE: f32 = 1.0;
/// An answer to a closed question that was heard with this chance, over all the times that it was said, counts.
const SURE: f32 = 0.85;
/// A number that was heard with this chance is worth a read-back.
const WORTH_A_READ_BACK: f32 = 0.15;
/// After a no, the second likeliest is proposed at once from this chance on; below it, asking again is likelier to help.
const LIKELY: f32 = 0.5;
/// However sure a reading is, it may be wrong.
const SUREST: f32 = 0.98;

/// Answers with their probabilities. See the module's text.
#[derive(Clone, Default, PartialEq)]
pub struct Candidates {
    /// Digits, or what an answer means, and the logarithm of their probability over all sayings.
    named: Vec<(String, f32)>,
    /// The same of any one that is not named.
    unnamed: f32,
    /// Its share of all that are not named.
    one: f32,
}

impl Candidates {
    /// What one saying may have been: digits with their shares, of which one was said with probability `chance`.
    pub fn of(shares: impl IntoIterator<Item = (String, f32)>, chance: f32) -> Candidates {
        let chance = chance.clamp(0.0, SUREST);
        let unnamed = (1.0 - chance) * ONE_NUMBER;
        let named = shares.into_iter().map(|(digits, share)| (digits, (chance * share + unnamed).ln()));
        Candidates { named: named.collect(), unnamed: unnamed.ln(), one: ONE_NUMBER }
    }

    /// What one answer to a closed question may have meant; with `chance` it was an answer at all.
    pub fn of_words(shares: impl IntoIterator<Item = (String, f32)>, chance: f32) -> Candidates {
        let chance = chance.clamp(0.0, SUREST);
        let named = shares.into_iter().map(|(meaning, share)| (meaning, (chance * share).ln()));
        Candidates { named: named.collect(), unnamed: ((1.0 - chance) * ANYTHING_ELSE).ln(), one: ANYTHING_ELSE }
    }

    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// The same number was said again.
    pub fn join(&mut self, again: &Candidates) {
        if self.is_empty() {
            self.clone_from(again);
            return;
        }
        if again.is_empty() {
            return;
        }
        let before = std::mem::take(&mut self.named);
        let new = again.named.iter().filter(|(digits, _)| !before.iter().any(|(known, _)| known == digits));
        let new: Vec<(String, f32)> = new.map(|(digits, weight)| (digits.clone(), weight + self.unnamed)).collect();
        let twice = |(digits, weight): (String, f32)| {
            let weight = weight + again.weight(&digits);
            (digits, weight)
        };
        self.named = before.into_iter().map(twice).collect();
        self.named.extend(new);
        self.unnamed += again.unnamed;
    }

    /// It was not this one.
    pub fn rule_out(&mut self, digits: &str) {
        self.named.retain(|(known, _)| known != digits);
    }

    /// The likeliest and the chance that it was said.
    pub fn best(&self) -> Option<(&str, f32)> {
        let (digits, weight) = self.named.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let others = self.unnamed - self.one.ln();
        let all: f32 = self.named.iter().map(|(_, other)| other).chain([&others]).map(|other| (other - weight).exp()).sum();
        Some((digits, 1.0 / all))
    }

    /// The likeliest, if it is to be read back.
    pub fn worth_a_read_back(&self) -> Option<&str> {
        self.at_least(WORTH_A_READ_BACK)
    }

    /// The likeliest, if it is to be proposed without hearing the number once more.
    pub fn likely(&self) -> Option<&str> {
        self.at_least(LIKELY)
    }

    /// The likeliest, if it may count as the answer to a closed question.
    pub fn sure(&self) -> Option<&str> {
        self.at_least(SURE)
    }

    fn at_least(&self, least: f32) -> Option<&str> {
        self.best().filter(|(_, chance)| *chance >= least).map(|(digits, _)| digits)
    }

    fn weight(&self, digits: &str) -> f32 {
        self.named.iter().find(|(known, _)| known == digits).map_or(self.unnamed, |(_, weight)| *weight)
    }
}

/// Numbers are personal and may be secret.
impl std::fmt::Debug for Candidates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Candidates({})", self.named.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(shares: &[(&str, f32)], chance: f32) -> Candidates {
        Candidates::of(shares.iter().map(|(digits, share)| ((*digits).to_owned(), *share)), chance)
    }

    #[test]
    fn an_answer_that_is_heard_twice_counts_when_both_were_likely() {
        let yes = |chance| Candidates::of_words([("yes".to_owned(), 0.95), ("no".to_owned(), 0.05)], chance);
        let mut twice = yes(0.75);
        assert_eq!(twice.sure(), None);
        twice.join(&yes(0.75));
        assert_eq!(twice.sure(), Some("yes"));
        let mut doubtful = yes(0.55);
        doubtful.join(&yes(0.55));
        assert_eq!(doubtful.sure(), None, "a cough is no yes, coughed twice");
        let mut contradicted = yes(0.8);
        contradicted.join(&Candidates::of_words([("no".to_owned(), 0.9), ("yes".to_owned(), 0.1)], 0.8));
        assert_eq!(contradicted.sure(), None);
    }

    #[track_caller]
    fn check(candidates: &Candidates, expected: &str, least: f32, most: f32) {
        let (digits, chance) = candidates.best().unwrap();
        assert_eq!(digits, expected);
        assert!((least..=most).contains(&chance), "{chance}");
    }

    #[test]
    fn one_saying_keeps_its_shares() {
        check(&said(&[("1234", 0.75), ("1239", 0.25)], 0.8), "1234", 0.59, 0.61);
        assert_eq!(Candidates::default().best(), None);
    }

    #[test]
    fn what_was_likely_twice_beats_what_was_likeliest_once() {
        let mut both = said(&[("1239", 0.6), ("1234", 0.4)], 0.8);
        both.join(&said(&[("7234", 0.6), ("1234", 0.4)], 0.8));
        check(&both, "1234", 0.9, 1.0);
        let mut first = Candidates::default();
        first.join(&both);
        assert_eq!(first, both);
        first.join(&Candidates::default());
        assert_eq!(first, both);
    }

    #[test]
    fn what_was_no_answer_weighs_little() {
        let mut both = said(&[("9999", 1.0)], 0.02);
        both.join(&said(&[("1234", 1.0)], 0.7));
        check(&both, "1234", 0.6, 1.0);
    }

    #[test]
    fn what_was_denied_leaves_its_chance_to_the_others() {
        let mut candidates = said(&[("1234", 0.6), ("1239", 0.3), ("7234", 0.1)], 0.9);
        candidates.rule_out("1234");
        check(&candidates, "1239", 0.55, 0.65);
        assert_eq!(format!("{candidates:?}"), "Candidates(2)");
    }
}
