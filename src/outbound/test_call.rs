//! Test calls: an operator has a campaign's call made to a telephone of the house and hears all of it, before customers are called.
//!
//! The dialer makes them as it makes all others, under the same hours, list of who must not be called, pace and places. What is more, only numbers of the
//! configuration are called, one at a time. Nothing of such a call counts: it has a house of its own (`call::trial`), and of it remain its record and its row.

use super::campaign::CampaignError;
use crate::store::{CampaignRow, StoreError, TestHindrance};
use crate::text::{Lang, PhoneNumber};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// A test call that is wanted.
#[derive(Clone, Debug)]
pub struct NewTest {
    pub campaign: CampaignRow,
    pub to: PhoneNumber,
    pub lang: Lang,
    /// JSON: name to text.
    pub variables: String,
    pub author: String,
    /// The same key is one call.
    pub key: Option<String>,
}

/// What the dialer is asked for.
pub struct Asked {
    pub test: NewTest,
    pub reply: oneshot::Sender<Result<i64, NoTestCall>>,
}

/// Why there is no test call, by what who asked can do about it.
#[derive(Debug, thiserror::Error)]
pub enum NoTestCall {
    #[error("nothing dials now: this service has no trunk; add a section [sip.trunks.NAME] to its configuration and start it again")]
    NothingDials,
    #[error("the trunk `{trunk}` does not show the number {number}; choose another one for the campaign")]
    NoCaller { number: String, trunk: String },
    #[error("there is no trunk `{0}` in the configuration; choose another one for the campaign")]
    NoTrunk(String),
    #[error(
        "test calls go to numbers of the configuration only, and it names none; write yours in `test_numbers` of [outbound] and start the service again"
    )]
    NoNumbers,
    #[error("this number is none of `test_numbers` of [outbound] in the configuration; customers are not called for tests")]
    NotOurs,
    #[error("no call may go now; {}", .0.map_or_else(|| "the calendar never lets one go".to_owned(), |at| format!("the calendar lets the next one go at {at}")))]
    Closed(Option<Timestamp>),
    #[error("a test call is under way; wait until it is over")]
    UnderWay,
    #[error("this number is on the do-not-call list; take it off there first")]
    Refuses,
    #[error("a campaign is calling this number just now; try it again in some minutes")]
    IsCalled,
    #[error("this number had twenty test calls in a day; use another one, or wait until tomorrow")]
    TooMany,
    #[error(transparent)]
    Campaign(#[from] CampaignError),
}

impl From<StoreError> for NoTestCall {
    fn from(error: StoreError) -> NoTestCall {
        CampaignError::Store(error).into()
    }
}

impl From<TestHindrance> for NoTestCall {
    fn from(hindrance: TestHindrance) -> NoTestCall {
        match hindrance {
            TestHindrance::UnderWay => NoTestCall::UnderWay,
            TestHindrance::Refuses => NoTestCall::Refuses,
            TestHindrance::IsCalled => NoTestCall::IsCalled,
            TestHindrance::TooMany => NoTestCall::TooMany,
        }
    }
}

/// Test calls that wait to be looked at by the dialer.
const QUEUE: usize = 4;

/// Where test calls are asked for.
#[derive(Clone)]
pub struct TestCalls {
    numbers: Arc<[PhoneNumber]>,
    dialer: mpsc::Sender<Asked>,
}

impl TestCalls {
    /// To these numbers and no others; what is asked for comes out of the other end, which the dialer holds as long as anybody dials.
    pub fn new(numbers: Vec<PhoneNumber>) -> (TestCalls, mpsc::Receiver<Asked>) {
        let (dialer, asked) = mpsc::channel(QUEUE);
        (TestCalls { numbers: numbers.into(), dialer }, asked)
    }

    /// Those that may be called.
    pub fn numbers(&self) -> &[PhoneNumber] {
        &self.numbers
    }

    /// Asks for a call; gives its id as soon as it is written down, before it is dialled.
    ///
    /// # Errors
    /// It must not be made, or cannot.
    pub async fn ask(&self, test: NewTest) -> Result<i64, NoTestCall> {
        if self.dialer.is_closed() {
            return Err(NoTestCall::NothingDials);
        }
        if self.numbers.is_empty() {
            return Err(NoTestCall::NoNumbers);
        }
        if !self.numbers.contains(&test.to) {
            return Err(NoTestCall::NotOurs);
        }
        let (reply, replied) = oneshot::channel();
        self.dialer.send(Asked { test, reply }).await.map_err(|_| NoTestCall::NothingDials)?;
        replied.await.map_err(|_| NoTestCall::NothingDials)?
    }
}
