//! Numbers in the dialog: taken in pieces, repaired, read back, and used after a yes. What is held of a number outlives a digression.

use super::Turn;
use super::hear::yes_or_no;
use super::number::{Length, NumberField, Took};
use crate::dialog::flow::{Slot, SlotType};
use crate::dialog::state::{Asked, Asking};
use crate::nlu::{Decision, Source, Understood};
use crate::text::dictation::{Dictation, Step};
use crate::text::{Digits, PhoneNumber, Record, Value};

/// Digits that count as an answer when other words stand beside them.
const FEWEST_AMONG_WORDS: usize = 3;
/// Read-backs without a yes after which only keys are asked for.
const MOST_TRIES: usize = 4;
/// The stage of a question that offers keys.
const KEYS: usize = 3;

/// The number that a question is about.
#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    /// Names the field in the state.
    id: String,
    length: Length,
    /// Never said by us, never read back: checked by whoever knows it.
    secret: bool,
    /// The number that was just read back.
    proposed: Option<Value>,
}

impl Turn<'_> {
    fn wanted(&self, asking: &Asking) -> Option<Wanted> {
        let of_slot = |name: &str, proposed: Option<&Value>| {
            let slot = self.slot(name)?;
            Some(Wanted { id: self.local(name), length: slot.kind.length()?, secret: slot.secret, proposed: proposed.cloned() })
        };
        let own = |id: &str, length, secret, proposed| Some(Wanted { id: id.to_owned(), length, secret, proposed });
        match asking {
            Asking::Slot(name) => of_slot(name, None),
            Asking::SlotGuess { slot, value } => of_slot(slot, Some(value)),
            Asking::Secret(secret) => own(secret.name(), Length::Fixed(usize::from(secret.digits())), true, None),
            Asking::Number => own("number", Length::Phone, false, None),
            Asking::NumberGuess(number) => own("number", Length::Phone, false, Some(Value::Phone(number.clone()))),
            _ => None,
        }
    }

    /// Whether the question is about a number: given in pieces, and read back.
    pub(super) fn is_number(&self, asking: &Asking) -> bool {
        self.wanted(asking).is_some()
    }

    /// Gives the question back when nothing was said about the number.
    pub(super) fn take_number(&mut self, asked: Asked, understood: &Understood) -> Option<Asked> {
        let Some(wanted) = self.wanted(&asked.asking) else { return Some(asked) };
        let said = Dictation::read(&understood.text, self.state.lang);
        let is_wish = self.names_other_wish(understood).is_some();
        if let Some(took) = self.take_reading(&wanted, understood, &said) {
            self.go_on_with(asked, &wanted, took);
            return None;
        }
        let counts = said.only || (!is_wish && (said.count() >= FEWEST_AMONG_WORDS || !said.is_plain()));
        if said.steps.is_empty() || !counts {
            let by_sound = self.heard_value(&wanted, understood).filter(|_| !is_wish && wanted.proposed.is_none());
            if let Some(digits) = by_sound {
                let took = self.field(&wanted).key(&digits, wanted.length);
                self.go_on_with(asked, &wanted, took);
                return None;
            }
            if said.denies && said.only && wanted.proposed.is_none() && !self.field(&wanted).held().is_empty() {
                self.field(&wanted).drop_piece();
                self.ask_for_rest(asked, &wanted, None);
                return None;
            }
            let field = self.field(&wanted);
            if !is_wish && !wanted.secret && understood.decision == Decision::Reject && field.held().is_empty() {
                field.remember(&understood.candidates);
            }
            return Some(asked);
        }
        let proposed = wanted.proposed.as_ref().and_then(digits_of);
        let took = self.field(&wanted).take(&said, wanted.length, proposed.as_deref());
        match (took, &wanted.proposed) {
            // The same was heard again: a yes only if yes was said, for a line may twist the same digit twice.
            (Took::Whole(digits), Some(value)) if Some(&digits) == proposed.as_ref() => {
                let is_yes = yes_or_no(understood) == Some(true) && understood.decision == Decision::Accept;
                match (said.denies || !said.is_plain(), is_yes) {
                    (true, _) => return self.deny_number(asked, &wanted),
                    (false, true) => self.use_number(asked, &wanted, value.clone()),
                    (false, false) => self.not_understood(asked),
                }
            }
            (Took::Unclear, Some(_)) if said.denies => return self.deny_number(asked, &wanted),
            (took, _) => self.go_on_with(asked, &wanted, took),
        }
        None
    }

    /// A whole number that the recogniser read as such, with what else it may have been. A secret is not weighed here: no no would tell that it was another.
    fn take_reading(&mut self, wanted: &Wanted, understood: &Understood, said: &Dictation) -> Option<Took> {
        let is_reading =
            understood.source == Source::Grammar && understood.decision == Decision::Accept && !understood.candidates.is_empty();
        let [Step::Say(digits)] = said.steps.as_slice() else { return None };
        let length = wanted.length;
        let field = self.field(wanted);
        // What goes on with a piece is the rest of a number, and joins it by its text.
        let is_whole = field.held().is_empty() && length.is_complete(digits);
        (is_reading && !wanted.secret && wanted.proposed.is_none() && is_whole).then(|| field.hear(&understood.candidates))
    }

    /// The digits that understanding made of what was heard by its sound.
    fn heard_value(&self, wanted: &Wanted, understood: &Understood) -> Option<String> {
        let name = wanted.id.rsplit('.').next().unwrap_or_default();
        let names = [name, "phone_number"];
        let found = names.iter().filter_map(|name| understood.slots.get(*name)).filter_map(digits_of);
        found.into_iter().find(|digits| wanted.length.is_complete(digits))
    }

    pub(super) fn key_number(&mut self, asked: Asked, digits: &str) -> Option<Asked> {
        let wanted = self.wanted(&asked.asking).filter(|wanted| wanted.proposed.is_none());
        let Some(wanted) = wanted.filter(|_| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())) else { return Some(asked) };
        let took = self.field(&wanted).key(digits, wanted.length);
        self.go_on_with(asked, &wanted, took);
        None
    }

    /// Yes uses the number that was read back; no leads to the next reading of what was said, or to the question again.
    pub(super) fn answer_read_back(&mut self, asked: Asked, yes: bool) -> Option<Asked> {
        let Some(wanted) = self.wanted(&asked.asking) else { return Some(asked) };
        match wanted.proposed.clone() {
            Some(value) if yes => self.use_number(asked, &wanted, value),
            Some(_) => return self.deny_number(asked, &wanted),
            None => return Some(asked),
        }
        None
    }

    fn deny_number(&mut self, asked: Asked, wanted: &Wanted) -> Option<Asked> {
        let proposed = wanted.proposed.as_ref().and_then(digits_of).unwrap_or_default();
        let next = self.field(wanted).deny(&proposed);
        match next.filter(|_| self.field(wanted).tries < MOST_TRIES) {
            Some(digits) => self.go_on_with(asked, wanted, Took::Whole(digits)),
            None => {
                self.field(wanted).clear();
                self.ask_number_again(asked, wanted);
            }
        }
        None
    }

    /// The question itself, when what is asked is whether a reading of its answer is right.
    fn question_behind(&mut self, asking: &Asking) -> Asking {
        match asking {
            Asking::SlotGuess { slot, .. } => {
                self.forget(slot);
                Asking::Slot(slot.clone())
            }
            Asking::NumberGuess(_) => Asking::Number,
            other => other.clone(),
        }
    }

    fn ask_number_again(&mut self, asked: Asked, wanted: &Wanted) {
        let asking = self.question_behind(&asked.asking);
        let is_same = asked.asking == asking;
        let mut again = if is_same { asked } else { asked.before.map_or_else(|| Asked::new(asking.clone()), |before| *before) };
        if again.asking != asking {
            again = Asked::new(asking);
        }
        let field = self.field(wanted);
        again.no_match = again.no_match.max(field.stage).max(field.tries.saturating_sub(1).min(KEYS - 1));
        field.stage = again.no_match + 1;
        self.not_understood(again);
    }

    fn go_on_with(&mut self, asked: Asked, wanted: &Wanted, took: Took) {
        match took {
            Took::Piece(piece) => self.ask_for_rest(asked, wanted, Some(piece)),
            Took::Repaired => self.ask_for_rest(asked, wanted, None),
            Took::Unclear => self.ask_number_again(asked, wanted),
            Took::Whole(_) if wanted.proposed.is_some() && self.field(wanted).tries >= MOST_TRIES => {
                self.field(wanted).clear();
                self.ask_number_again(asked, wanted);
            }
            Took::Whole(digits) => match self.value(wanted, &digits) {
                Some(value) => self.propose(asked, wanted, value),
                None => self.ask_number_again(asked, wanted),
            },
        }
    }

    /// A secret is checked at once; everything else is read back.
    fn propose(&mut self, asked: Asked, wanted: &Wanted, value: Value) {
        match asked.asking.clone() {
            Asking::Secret(secret) => {
                self.state.numbers.remove(&wanted.id);
                self.verify(secret, value);
            }
            Asking::Slot(name) | Asking::SlotGuess { slot: name, .. } => {
                if wanted.secret {
                    self.state.numbers.remove(&wanted.id);
                }
                self.fill(name, value, false);
            }
            Asking::Number | Asking::NumberGuess(_) => match value {
                Value::Phone(number) => self.interrupt(asked, Asking::NumberGuess(number)),
                _ => self.not_understood(asked),
            },
            _ => self.not_understood(asked),
        }
    }

    fn use_number(&mut self, asked: Asked, wanted: &Wanted, value: Value) {
        self.state.numbers.remove(&wanted.id);
        match (asked.asking, value) {
            (Asking::SlotGuess { slot, .. }, value) => self.fill(slot, value, true),
            (_, Value::Phone(number)) => {
                self.state.customer = Some(number);
                self.run();
            }
            _ => self.run(),
        }
    }

    /// What was said is acknowledged, the rest asked for. A secret is only counted.
    fn ask_for_rest(&mut self, asked: Asked, wanted: &Wanted, piece: Option<String>) {
        let held = self.field(wanted).held().to_owned();
        let asking = self.question_behind(&asked.asking);
        let again = if asked.asking == asking { asked } else { Asked::new(asking) };
        if held.is_empty() {
            return self.not_understood(again);
        }
        let left = Value::Number(i64::try_from(wanted.length.missing(&held)).unwrap_or(0));
        let heard = Value::Code(piece.filter(|piece| !piece.is_empty()).unwrap_or(held));
        let (prompt, variables) = if wanted.secret {
            ("secret_more", Record::from([("left".to_owned(), left)]))
        } else {
            ("number_more", Record::from([("value".to_owned(), heard)]))
        };
        self.say(prompt, &variables);
        self.listen(Asked { no_input: 0, ..again });
    }

    /// How many digits of the number asked for are still to come, once some were said.
    pub(super) fn digits_missing(&self, asking: &Asking) -> Option<usize> {
        let wanted = self.wanted(asking).filter(|wanted| wanted.proposed.is_none())?;
        let held = self.state.numbers.get(&wanted.id)?.held();
        (!held.is_empty()).then(|| wanted.length.missing(held))
    }

    fn field(&mut self, wanted: &Wanted) -> &mut NumberField {
        self.state.numbers.entry(wanted.id.clone()).or_default()
    }

    fn value(&self, wanted: &Wanted, digits: &str) -> Option<Value> {
        match wanted.length {
            Length::Phone => PhoneNumber::parse(digits).map(Value::Phone),
            Length::Fixed(_) => Digits::parse(digits).map(Value::Digits),
        }
    }
}

impl Slot {
    /// Whether a yes is needed before its value is used: numbers that are no secrets always.
    pub(super) fn is_read_back(&self) -> bool {
        self.confirm.is_some() || (self.kind.length().is_some() && !self.secret)
    }
}

impl SlotType {
    /// The length of a number that is given in pieces.
    pub(super) fn length(self) -> Option<Length> {
        match self {
            SlotType::Phone => Some(Length::Phone),
            SlotType::Digits(n) => Some(Length::Fixed(usize::from(n))),
            _ => None,
        }
    }
}

fn digits_of(value: &Value) -> Option<String> {
    match value {
        Value::Phone(number) => Some(number.reveal().to_owned()),
        Value::Digits(digits) => Some(digits.reveal().to_owned()),
        _ => None,
    }
}
