//! What sound and words say together.

use super::Speech;

/// What was recognised of the first speech.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Said {
    /// Log-odds that a machine begins so, by the words alone.
    pub machine_odds: f32,
    /// How many characters of Chinese, and words of others.
    pub length: usize,
}

impl Said {
    /// What it adds to the odds that a machine speaks.
    fn counts(&self) -> f32 {
        let length = self.length as f32;
        PER_WORDS * self.machine_odds.clamp(-MOST_ODDS, MOST_ODDS) * length / (length + HALF)
    }

    /// What was heard wrongly is like neither: of two readings the one that says more.
    pub fn or_surer(self, other: Said) -> Said {
        if other.counts().abs() >= self.counts().abs() { other } else { self }
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Odds {
    pub speech: Speech,
    /// `None` where nothing was recognised in time.
    pub said: Option<Said>,
}

/// The weights of a logistic regression on recordings of our own, on log-odds, as many machines as people; `benches/answers.md`. When speech begins is not among
/// them: late machines are machines, too.
const BIAS: f32 = 0.28;
const PER_TRAILING_S: f32 = -3.9;
const PER_GAP_S: f32 = -2.91;
const PER_SPAN_S: f32 = 1.03;
const PER_WORDS: f32 = 1.22;
/// Words that are surer than this count no more for it.
const MOST_ODDS: f32 = 8.0;
/// Of so many words the odds count half: a syllable may be misheard, or be anybody's.
const HALF: f32 = 2.0;
/// From here on three in a hundred people who speak in turn are taken for machines, and not more: by sound alone, and with words.
const SURE_BY_SOUND: f32 = 0.93;
const SURE_WITH_WORDS: f32 = 0.65;

impl Odds {
    /// Log-odds that it is a machine.
    pub fn machine(&self) -> f32 {
        let Some(said) = self.said else { return self.speech.machine_odds() };
        let Speech { trailing_s, gap_s, span_s, .. } = self.speech;
        BIAS + PER_TRAILING_S * trailing_s + PER_GAP_S * gap_s + PER_SPAN_S * span_s + said.counts()
    }

    /// Whether it is taken for one.
    pub fn is_machine(&self) -> bool {
        self.machine() >= if self.said.is_some() { SURE_WITH_WORDS } else { SURE_BY_SOUND }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody who talks on from the answer on.
    const TALKS: Speech = Speech { onset_s: 0.3, trailing_s: 0.0, gap_s: 0.1, span_s: 1.7, share: 0.8 };
    /// Somebody who says a word and waits.
    const WAITS: Speech = Speech { onset_s: 0.5, trailing_s: 1.0, gap_s: 0.1, span_s: 0.5, share: 0.3 };

    fn said(machine_odds: f32, length: usize) -> Option<Said> {
        Some(Said { machine_odds, length })
    }

    #[test]
    fn sound_and_words_decide_together() {
        for (speech, said, is_machine) in [
            (TALKS, None, true),
            (WAITS, None, false),
            (TALKS, said(6.0, 6), true),
            (TALKS, said(-6.0, 6), false),
            (WAITS, said(-3.0, 2), false),
        ] {
            assert_eq!(Odds { speech, said }.is_machine(), is_machine, "{speech:?} {said:?}");
        }
    }

    #[test]
    fn a_single_syllable_says_less_than_a_sentence() {
        let odds = |length| Odds { speech: WAITS, said: said(3.0, length) }.machine();
        assert!(odds(1) < odds(4) && odds(4) < odds(8));
        assert!(!Odds { speech: WAITS, said: said(3.0, 1) }.is_machine(), "{}", odds(1));
    }

    #[test]
    fn of_two_readings_the_surer_one_counts() {
        let of = |machine_odds, length| Said { machine_odds, length };
        let (early, misheard, whole) = (of(5.0, 2), of(0.3, 3), of(-4.0, 6));
        assert_eq!((early.or_surer(misheard), misheard.or_surer(early)), (early, early));
        assert_eq!(early.or_surer(whole), whole, "more was said");
        assert_eq!(early.or_surer(of(5.0, 2)), of(5.0, 2));
    }

    #[test]
    fn no_words_outweigh_everything() {
        let odds = |machine_odds| Odds { speech: TALKS, said: said(machine_odds, 6) }.machine();
        assert_eq!(odds(9.0), odds(90.0));
    }
}
