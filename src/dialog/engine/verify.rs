//! Who is calling: the line's number, the last digits of the identity document, or the service password. Attempts are counted here for one
//! call and by the operator across calls. What was said is passed on and kept nowhere.

use super::Turn;
use crate::dialog::action::{RequestKind, TransferReason};
use crate::dialog::event::Answer;
use crate::dialog::flow::{Level, Step, Verification, What};
use crate::dialog::state::{Asked, Asking, Purpose};
use crate::text::{Record, Value};

const MOST_FAILURES: u8 = 3;
/// Why an operator refuses to look at an answer.
const LOCKED: &str = "locked";

/// A secret that proves who is calling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dialog) enum Secret {
    Pin,
    IdDigits,
}

impl Secret {
    pub fn digits(self) -> u8 {
        match self {
            Secret::Pin => 6,
            Secret::IdDigits => 4,
        }
    }

    /// The question's name, and the argument's.
    pub fn name(self) -> &'static str {
        match self {
            Secret::Pin => "pin",
            Secret::IdDigits => "id_digits",
        }
    }

    fn operation(self) -> &'static str {
        match self {
            Secret::Pin => "verify_pin",
            Secret::IdDigits => "verify_id",
        }
    }

    fn proves(self) -> Level {
        match self {
            Secret::Pin => Level::Pin,
            Secret::IdDigits => Level::IdDigits,
        }
    }

    fn wrong(self) -> &'static str {
        match self {
            Secret::Pin => "pin_wrong",
            Secret::IdDigits => "id_wrong",
        }
    }

    /// What is asked after the first time: shorter, then by keys.
    pub fn again(self) -> [&'static str; 3] {
        match self {
            Secret::Pin => ["pin_again", "pin_keys", "pin_keys"],
            Secret::IdDigits => ["id_again", "id_keys", "id_keys"],
        }
    }
}

impl Turn<'_> {
    /// Asks for what proves `level`; the caller's number first, when the line gave none.
    pub(super) fn ask_proof(&mut self, level: Level) {
        if self.state.customer.is_none() {
            return self.ask(Asked::new(Asking::Number));
        }
        if self.state.proof_failures >= MOST_FAILURES {
            return self.transfer("transfer_not_verified", TransferReason::NotVerified, None);
        }
        let secret = if level == Level::IdDigits { Secret::IdDigits } else { Secret::Pin };
        self.ask(Asked::new(Asking::Secret(secret)));
    }

    /// The prompt that asks for a secret: the running step's, which says why.
    pub(super) fn proof_prompt(&self) -> &str {
        self.verification().map_or("pin_number", |verification| verification.prompt.as_str())
    }

    fn verification(&self) -> Option<&Verification> {
        match self.step()? {
            Step::Verify(verification) => Some(verification),
            Step::Perform(performance) => match &performance.what {
                What::Change { verify, .. } => Some(verify),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn verify(&mut self, secret: Secret, digits: Value) {
        let arguments = Record::from([(secret.name().to_owned(), digits)]);
        self.send(Purpose::Verify(secret), RequestKind::LookUp, secret.operation(), arguments, None);
    }

    pub(super) fn take_verification(&mut self, secret: Secret, answer: Answer) {
        match answer {
            Answer::Done(reply) if reply.get("verified") == Some(&Value::Flag(true)) => {
                self.state.proved = self.state.proved.max(Some(secret.proves()));
                self.state.proof_failures = 0;
                self.say("verified", &Record::new());
                self.run();
            }
            Answer::Unavailable => self.transfer("transfer_system_down", TransferReason::SystemDown, None),
            Answer::Refused(reason) if reason == LOCKED => self.transfer("transfer_locked", TransferReason::NotVerified, None),
            Answer::Done(_) | Answer::Refused(_) | Answer::NotFound => {
                self.state.proof_failures += 1;
                if self.state.proof_failures >= MOST_FAILURES {
                    return self.transfer("transfer_not_verified", TransferReason::NotVerified, None);
                }
                self.say(secret.wrong(), &Record::new());
                self.listen(Asked::new(Asking::Secret(secret)));
            }
        }
    }
}
