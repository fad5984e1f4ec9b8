//! The operator's own systems (customers, billing, plans, lines) behind one trait, and the embedded demo operator.

pub mod operator;

pub use operator::{Failure, Operation, Operator, Request};
