//! The caller's say in how we talk: slower, louder, spelt out, in the other language, by keys, or not at all for a moment.

use super::Turn;
use super::hear::yes_or_no;
use crate::dialog::action::{Action, Delivery};
use crate::dialog::state::Asked;
use crate::nlu::{Control, Understood};
use crate::text::spell::spell;
use crate::text::{Lang, Record};

const SPEEDS_PERCENT: [u16; 5] = [70, 85, 100, 115, 130];
const VOLUMES_PERCENT: [u16; 5] = [50, 70, 100, 140, 200];
/// The speed and the volume that a call begins with.
pub(in crate::dialog) const MIDDLE: usize = 2;
/// How long a caller who said "wait" may be silent.
const HOLD_MS: u32 = 60_000;

/// Where speed and volume stand among what can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dialog) struct Chosen {
    speed: usize,
    volume: usize,
}

impl Default for Chosen {
    fn default() -> Self {
        Chosen { speed: MIDDLE, volume: MIDDLE }
    }
}

impl Turn<'_> {
    pub(super) fn control(&mut self, asked: Asked, control: Control) {
        match control {
            Control::Slower => self.deliver(asked, |chosen| chosen.speed.checked_sub(1).map(|speed| Chosen { speed, ..chosen })),
            Control::Faster => self.deliver(asked, |chosen| Some(Chosen { speed: chosen.speed + 1, ..chosen })),
            Control::Louder => self.deliver(asked, |chosen| Some(Chosen { volume: chosen.volume + 1, ..chosen })),
            Control::Softer => self.deliver(asked, |chosen| chosen.volume.checked_sub(1).map(|volume| Chosen { volume, ..chosen })),
            Control::Spell => self.spell(asked),
            Control::Wait => self.hold(asked),
            Control::SpeakChinese => self.speak(asked, Lang::Zh),
            Control::SpeakEnglish => self.speak(asked, Lang::En),
            Control::KeysOnly => {
                self.state.keys_only = true;
                self.say("keys_chosen", &Record::new());
                self.ask(asked);
            }
            Control::StopCalls => self.stop_calls(),
        }
    }

    /// Says what was said last once more, in the new manner.
    fn deliver(&mut self, asked: Asked, change: impl Fn(Chosen) -> Option<Chosen>) {
        let found = change(self.state.chosen).and_then(|chosen| {
            let delivery =
                Delivery { speed_percent: *SPEEDS_PERCENT.get(chosen.speed)?, volume_percent: *VOLUMES_PERCENT.get(chosen.volume)? };
            Some((chosen, delivery))
        });
        match found {
            Some((chosen, delivery)) => {
                self.state.chosen = chosen;
                self.actions.push(Action::SetDelivery(delivery));
                self.repeat(asked);
            }
            None => {
                self.say("manner_limit", &Record::new());
                self.listen(asked);
            }
        }
    }

    fn spell(&mut self, asked: Asked) {
        let lang = self.state.lang;
        for utterance in &mut self.state.heard {
            if let Some(spelt) = spell(&utterance.text, lang) {
                utterance.text = spelt;
            }
        }
        self.repeat(asked);
    }

    fn hold(&mut self, asked: Asked) {
        self.say("hold", &Record::new());
        self.listen(Asked { held: true, ..asked });
        if let Some(Action::Listen(question)) = self.actions.last_mut() {
            question.no_input_ms = question.no_input_ms.max(HOLD_MS);
        }
    }

    fn speak(&mut self, asked: Asked, lang: Lang) {
        if self.state.lang != lang {
            self.state.lang = lang;
            self.actions.push(Action::SetLang(lang));
            self.say("lang_changed", &Record::new());
        }
        self.ask(asked);
    }

    /// The first words after a wait: `好了` says that the caller is back, not yes to what was asked.
    pub(super) fn come_back(&mut self, asked: Asked, understood: &Understood) -> Option<Asked> {
        let answers = yes_or_no(understood) == Some(true) || understood.intent.is_none() && understood.slots.is_empty();
        let is_number = self.is_number(&asked.asking);
        let is_plain = asked.held && answers && !(is_number && understood.text.chars().any(char::is_numeric));
        let asked = Asked { held: false, ..asked };
        if is_plain {
            self.ask(asked);
            return None;
        }
        Some(asked)
    }
}
