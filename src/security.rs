//! Who may do what.

mod token;

pub use token::Token;
