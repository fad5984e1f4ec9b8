//! Whole utterances understood everywhere: universals, thanks, greetings, yes and no. An utterance counts when it is made
//! of nothing but such phrases and fillers, in characters or else in sound.

use super::Intent;
use super::examples::Example;
use super::lexicon::Lexicon;
use super::wording::Wording;
use std::collections::HashMap;
use std::hash::Hash;

/// A phrase of one syllable is too easily misheard to count by sound.
const SHORTEST_BY_SOUND: usize = 2;
const BY_CHARACTERS: f32 = 0.98;
const BY_SOUND: f32 = 0.88;

/// Phrases with one meaning each, `M`.
#[derive(Debug)]
pub struct Phrases<M> {
    by_characters: Table<M>,
    by_sound: Table<M>,
}

/// A piece of an utterance: a filler (`None`) or a phrase.
#[derive(Debug)]
struct Table<M> {
    pieces: HashMap<Vec<u32>, Option<M>>,
    longest: usize,
}

impl<M: Copy + Eq + Hash> Phrases<M> {
    /// The first meaning of a phrase wins; `fillers` may stand anywhere.
    pub fn new<'a>(phrases: impl IntoIterator<Item = (&'a str, M)>, fillers: &[String]) -> Phrases<M> {
        let mut by_characters = Table { pieces: HashMap::new(), longest: 0 };
        let mut by_sound = Table { pieces: HashMap::new(), longest: 0 };
        for (phrase, meaning) in phrases {
            let wording = Wording::new(phrase);
            by_characters.add(characters(&wording), Some(meaning));
            if wording.sounds.len() >= SHORTEST_BY_SOUND {
                by_sound.add(wording.sounds, Some(meaning));
            }
        }
        for filler in fillers {
            let wording = Wording::new(filler);
            by_characters.add(characters(&wording), None);
            by_sound.add(wording.sounds, None);
        }
        Phrases { by_characters, by_sound }
    }

    /// What the utterance means as a whole, and how sure that is. `join` says what two meanings come to together.
    pub fn whole(&self, wording: &Wording, join: impl Fn(M, M) -> Option<M>) -> Option<(M, f32)> {
        let by_characters = self.literally(wording, &join).map(|meaning| (meaning, BY_CHARACTERS));
        by_characters.or_else(|| self.by_sound.whole(&wording.sounds, &join).map(|meaning| (meaning, BY_SOUND)))
    }

    /// The same in its very characters only.
    pub fn literally(&self, wording: &Wording, join: impl Fn(M, M) -> Option<M>) -> Option<M> {
        self.by_characters.whole(&characters(wording), &join)
    }

    /// The longest phrase that the utterance begins with, after fillers, and how many characters it took with them.
    pub fn beginning(&self, wording: &Wording) -> Option<(M, usize)> {
        self.by_characters.beginning(&characters(wording))
    }

    /// The longest phrases that the utterance ends with, of two characters at least.
    pub fn end(&self, wording: &Wording, join: impl Fn(M, M) -> Option<M>) -> Option<M> {
        let keys = characters(wording);
        let starts = 1..keys.len().saturating_sub(SHORTEST_BY_SOUND - 1);
        starts.into_iter().find_map(|start| self.by_characters.whole(keys.get(start..)?, &join))
    }
}

impl<M: Copy + Eq + Hash> Table<M> {
    fn add(&mut self, key: Vec<u32>, meaning: Option<M>) {
        if !key.is_empty() {
            self.longest = self.longest.max(key.len());
            self.pieces.entry(key).or_insert(meaning);
        }
    }

    /// The pieces that begin at `at`, longest first, with their lengths.
    fn pieces_at<'k>(&self, keys: &'k [u32], at: usize) -> impl Iterator<Item = (usize, Option<M>)> + use<'_, 'k, M> {
        let longest = self.longest.min(keys.len() - at);
        (1..=longest).rev().filter_map(move |length| Some((length, *self.pieces.get(keys.get(at..at + length)?)?)))
    }

    /// What `keys` mean as phrases and fillers one after the other; the fewer phrases the better, for 能听见吗 is one and no 能 before another.
    fn whole(&self, keys: &[u32], join: &impl Fn(M, M) -> Option<M>) -> Option<M> {
        let space = u32::from(' ');
        let mut reached: Vec<Vec<(Option<M>, usize)>> = vec![Vec::new(); keys.len() + 1];
        reached.first_mut()?.push((None, 0));
        for at in 0..keys.len() {
            let here = std::mem::take(reached.get_mut(at)?);
            if here.is_empty() {
                continue;
            }
            let skip = (keys.get(at) == Some(&space)).then_some((1, None));
            for (length, piece) in self.pieces_at(keys, at).chain(skip) {
                let there = reached.get_mut(at + length)?;
                for &(before, phrases) in &here {
                    let joined = match (before, piece) {
                        (Some(a), Some(b)) if a != b => join(a, b),
                        (a, b) => a.or(b),
                    };
                    let lost = joined.is_none() && before.is_some();
                    let way = (joined, phrases + usize::from(piece.is_some()));
                    if !lost && !there.contains(&way) {
                        there.push(way);
                    }
                }
            }
        }
        let ends: Vec<(M, usize)> = reached.pop()?.into_iter().filter_map(|(meaning, phrases)| Some((meaning?, phrases))).collect();
        let fewest = ends.iter().map(|(_, phrases)| *phrases).min()?;
        ends.into_iter()
            .filter(|(_, phrases)| *phrases == fewest)
            .map(|(meaning, _)| meaning)
            .reduce(|best, other| join(best, other).unwrap_or(best))
    }

    fn beginning(&self, keys: &[u32]) -> Option<(M, usize)> {
        let space = u32::from(' ');
        let mut at = 0;
        while at < keys.len() {
            let phrase = self.pieces_at(keys, at).find_map(|(length, piece)| piece.map(|meaning| (meaning, length)));
            if let Some((meaning, length)) = phrase {
                return Some((meaning, at + length));
            }
            let filler = self.pieces_at(keys, at).next().map(|(length, _)| length);
            at += filler.or((keys.get(at) == Some(&space)).then_some(1))?;
        }
        None
    }
}

fn characters(wording: &Wording) -> Vec<u32> {
    wording.plain.iter().copied().map(u32::from).collect()
}

/// The phrases of all intents that have any.
pub fn global(examples: &[Example], lexicon: &Lexicon) -> Phrases<Intent> {
    let phrases = examples.iter().filter(|example| example.phrase).map(|example| (example.text.as_str(), example.intent));
    Phrases::new(phrases, &lexicon.fillers)
}

/// Whole answers to a yes/no question.
pub fn yes_no(lexicon: &Lexicon) -> Phrases<bool> {
    let yes = lexicon.yes.iter().map(|phrase| (phrase.as_str(), true));
    let no = lexicon.no.iter().map(|phrase| (phrase.as_str(), false));
    Phrases::new(no.chain(yes), &lexicon.fillers)
}

/// Of two things said in one breath, the one that asks for more; two different requests are for the classifier. Who wants nothing
/// and thanks is leaving.
pub fn weightier(a: Intent, b: Intent) -> Option<Intent> {
    if matches!((a, b), (Intent::Deny, Intent::Thanks) | (Intent::Thanks, Intent::Deny)) {
        return Some(Intent::Goodbye);
    }
    let weight = |intent| match intent {
        Intent::OutOfScope => 0,
        Intent::Greeting => 1,
        Intent::Affirm => 2,
        Intent::Thanks => 3,
        Intent::Deny => 4,
        Intent::Goodbye => 5,
        _ => 6,
    };
    match weight(a).cmp(&weight(b)) {
        std::cmp::Ordering::Less => Some(b),
        std::cmp::Ordering::Greater => Some(a),
        std::cmp::Ordering::Equal => (a == b).then_some(a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases() -> Phrases<Intent> {
        let phrases = [
            ("转人工", Intent::TransferAgent),
            ("谢谢", Intent::Thanks),
            ("再见", Intent::Goodbye),
            ("你好", Intent::Greeting),
            ("帮助", Intent::Help),
            ("main menu", Intent::Menu),
        ];
        Phrases::new(phrases, &["呃".to_owned(), "吧".to_owned()])
    }

    #[track_caller]
    fn check(text: &str, expected: Option<Intent>) {
        assert_eq!(phrases().whole(&Wording::new(text), weightier).map(|(intent, _)| intent), expected, "{text}");
    }

    #[test]
    fn nothing_but_phrases_and_fillers() {
        check("转人工", Some(Intent::TransferAgent));
        check("呃，转人工吧！", Some(Intent::TransferAgent));
        check("转人工转人工", Some(Intent::TransferAgent));
        check("你好转人工谢谢", Some(Intent::TransferAgent));
        check("谢谢再见", Some(Intent::Goodbye));
        check("main menu", Some(Intent::Menu));
        check("Main  menu.", Some(Intent::Menu));
        check("转人工查话费", None);
        check("帮助转人工", None);
        check("呃", None);
        check("", None);
    }

    #[test]
    fn one_phrase_goes_before_its_pieces() {
        let phrases = [("能", Intent::Affirm), ("听见吗", Intent::Greeting), ("能听见吗", Intent::Greeting)];
        let whole = |text| Phrases::new(phrases, &["喂".to_owned()]).whole(&Wording::new(text), weightier).map(|(intent, _)| intent);
        assert_eq!(whole("喂，能听见吗"), Some(Intent::Greeting));
        assert_eq!(whole("能，听见吗"), Some(Intent::Greeting));
        assert_eq!(whole("能能"), Some(Intent::Affirm));
    }

    #[test]
    fn finds_how_an_utterance_ends() {
        let end = |text| phrases().end(&Wording::new(text), weightier);
        assert_eq!(end("那个什么谢谢再见吧"), Some(Intent::Goodbye));
        assert_eq!(end("谢谢那个什么"), None);
        assert_eq!(end("吧"), None);
    }

    #[test]
    fn finds_how_an_utterance_begins() {
        let found = phrases().beginning(&Wording::new("呃，你好查话费"));
        assert_eq!(found, Some((Intent::Greeting, 3)));
        assert_eq!(phrases().beginning(&Wording::new("查话费")), None);
    }
}
