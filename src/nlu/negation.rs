//! Requests that a caller says no to: `不要取消套餐` asks for nothing to be ended.

use super::clauses::mark_at;
use super::lexicon::Lexicon;
use super::wording::Wording;

/// The marks of one language.
#[derive(Debug)]
pub struct Negation {
    nots: Vec<Vec<char>>,
    links: Vec<Vec<char>>,
    actions: Vec<Vec<char>>,
    questions: Vec<Vec<char>>,
    particles: Vec<Vec<char>>,
}

/// What is left of an utterance when the negated requests are taken out.
#[derive(Debug, PartialEq)]
pub enum Left {
    /// Nothing was negated.
    Everything,
    /// Another request.
    Request(Vec<char>),
    /// No request.
    Nothing,
}

impl Negation {
    pub fn new(lexicon: &Lexicon) -> Negation {
        let plain = |marks: &[String]| -> Vec<Vec<char>> {
            let mut marks: Vec<Vec<char>> = marks.iter().map(|mark| Wording::new(mark).plain).collect();
            marks.sort_by_key(|mark| std::cmp::Reverse(mark.len()));
            marks
        };
        let marks = &lexicon.negation;
        let actions = lexicon.words_of(&marks.actions);
        Negation {
            nots: plain(&marks.not),
            links: plain(&marks.links),
            actions: plain(&actions),
            questions: plain(&marks.questions),
            particles: plain(&marks.particles),
        }
    }

    /// What `plain` asks for beside what it says no to.
    pub fn left(&self, plain: &[char]) -> Left {
        let Some((start, end)) = (0..plain.len()).find_map(|at| Some((at, self.negated_until(plain, at)?))) else {
            return Left::Everything;
        };
        let rest: Vec<char> = plain.iter().take(start).chain(plain.iter().skip(end)).copied().collect();
        match (0..rest.len()).any(|at| mark_at(&self.actions, &rest, at).is_some()) {
            true => Left::Request(rest),
            false => Left::Nothing,
        }
    }

    /// Where the action ends that the negation at `at` belongs to.
    fn negated_until(&self, plain: &[char], at: usize) -> Option<usize> {
        let length = mark_at(&self.nots, plain, at)?;
        // `要不要办`, `办不办`, `为什么不取消`, `不查吗` ask.
        let before = at.checked_sub(1).and_then(|before| plain.get(before)).filter(|before| **before != ' ');
        let asks = before.is_some_and(|before| plain.get(at + length - 1) == Some(before) || plain.get(at + length) == Some(before));
        let questioned = self.questions.iter().any(|question| plain.get(..at).is_some_and(|head| head.ends_with(question)));
        let asked = length == 1 && self.particles.iter().any(|particle| plain.ends_with(particle));
        if asks || questioned || asked {
            return None;
        }
        let mut end = at + length;
        while mark_at(&self.actions, plain, end).is_none() {
            end += mark_at(&self.links, plain, end).or((plain.get(end) == Some(&' ')).then_some(1))?;
        }
        Some(end + mark_at(&self.actions, plain, end)?)
    }
}
