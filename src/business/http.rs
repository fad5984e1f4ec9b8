//! The operator's systems over HTTP: the connector that calls use, and a server that puts any [`Operator`](super::Operator) on the wire.
//!
//! Every operation is a POST to `/v1/operations/<name>` with JSON in both directions ([`openapi`] has the whole contract), so that no
//! telephone number and no PIN is ever part of a URL. Start at [`HttpOperator`]. Only this module knows the wire.

mod breaker;
mod connector;
pub mod openapi;
mod server;
#[cfg(test)]
mod tests;
mod transport;
mod wire;

pub use connector::{Figures, HttpOperator, Policy, SetUpError};
pub use server::{Server, serve};
