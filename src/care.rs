//! What cannot be settled in the call and is followed to its end: work orders, notices to customers, answers to surveys.
//!
//! Start at [`WorkOrders::open`]. Classes and their times are data (`care/classes.toml`); states and the ways between them are
//! [`State`]. Nothing here reads a clock: who calls says what time it is.

pub mod class;
pub mod enquiry;
pub mod notice;
pub mod state;
pub mod survey;
pub mod work_order;

pub use class::{Class, Classes, Priority};
pub use notice::{FileOutbox, Notice, NoticeError, Outbox};
pub use state::State;
pub use work_order::{CareError, Draft, WorkOrder, WorkOrders};
