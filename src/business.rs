//! The operator's own systems (customers, billing, plans, lines) behind one trait, and the embedded demo operator.
//!
//! Start at [`Operator`] and at the table [`OPERATIONS`], which says what every operator's systems must be able to do.
//! [`DemoOperator`] serves invented customers so that everything works at once, [`http`] asks real systems and serves any operator to
//! others; [`Faulty`] makes any operator fail on purpose.
//! Nothing here knows what a dialog is, and nothing here asks whether the caller was verified: flows do, before they come.

pub mod clock;
#[cfg(test)]
mod contract;
pub mod demo;
pub mod faulty;
pub mod http;
pub mod kind;
pub mod operations;
pub mod operator;

pub use clock::Clock;
pub use demo::DemoOperator;
pub use faulty::{Fault, Faulty, Rule};
pub use http::HttpOperator;
pub use operations::OPERATIONS;
pub use operator::{Failure, Operation, Operator, Reply, Request};
