//! Calls that go out: reminders and care.
//!
//! [`calendar::Calendar`] says when a customer may be called; nothing here goes round it. It is pure, as `desk` and `dialog` are. [`campaign::State`] is
//! what a campaign may become; [`import`] reads whom it calls; [`calls::Calls`] is campaigns at work, [`dialer::Dialer`] its pure engine; [`work::Work`] dials.
//! Before customers are called operators hear a campaign ([`audition`]) and have themselves called ([`test_call`]).

pub mod audition;
pub mod calendar;
pub mod calls;
pub mod campaign;
pub mod clock;
pub mod dialer;
pub mod events;
pub mod forecast;
pub mod import;
pub mod office;
pub mod outcome;
pub mod promised;
pub mod sheet;
pub mod test_call;
pub mod trigger;
pub mod work;

pub use calendar::{Calendar, MayCall, Reason};
pub use campaign::{CampaignError, Move, State};
pub use clock::Clock;
pub use outcome::Outcome;
