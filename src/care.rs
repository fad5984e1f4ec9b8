//! What cannot be settled in the call and is followed to its end: work orders, incidents, notices to customers, answers to surveys.
//!
//! Start at [`WorkOrders::open`]; what happens by itself is [`WorkOrders::round`]. Classes, dispatch rules and texts are data
//! ([`Handbook`], the folder `care/`); states and the ways between them are [`State`]. Nothing here reads a clock: who calls says what
//! time it is.

pub mod class;
pub mod closing;
pub mod courier;
pub mod dispatch;
pub mod enquiry;
pub mod handbook;
pub mod incident;
pub mod notice;
pub mod round;
pub mod smtp;
pub mod state;
mod taking;
pub mod webhook;
pub mod wording;
pub mod work_order;

pub use class::{Class, Classes, Priority};
pub use closing::{Answered, Verdict};
pub use courier::{Courier, KeptOutbox};
pub use dispatch::Rules;
pub use handbook::Handbook;
pub use notice::{FileOutbox, Notice, NoticeError, Outbox};
pub use round::Round;
pub use smtp::SmtpOutbox;
pub use state::State;
pub use webhook::WebhookOutbox;
pub use wording::Wording;
pub use work_order::{CareError, Draft, WorkOrder, WorkOrders};
