//! Who may do and see what: people and their roles, passwords, sessions, tokens of other systems, how much is shown of customers' data ([`sight`]).
//!
//! Start at [`people::People`]. No clock: who calls says what time it is.

mod password;
pub mod people;
mod role;
mod session;
pub mod sight;
mod token;

pub use password::{Password, PasswordError};
pub use people::{NewPerson, People, PeopleError, Person, SignInError};
pub use role::Role;
pub use session::{SessionKey, SessionLimits};
pub use token::Token;
