//! One call's session: listening, speaking, deciding, and the record of what happened. Knows no wire formats.
//!
//! [`session::Session`] runs a call on a line, [`text_call::TextCall`] runs the same dialogs in text; both stand on
//! [`conversation::Conversation`].

pub mod answers;
pub mod captions;
mod case;
pub mod conference;
pub mod conversation;
pub mod dial;
pub mod echo;
pub mod editions;
pub mod interruption;
pub mod line;
pub mod listener;
pub mod log;
pub mod manners;
pub mod music;
pub mod reception;
pub mod record;
pub mod recording;
pub mod services;
pub mod session;
pub mod speaker;
pub mod text_call;
pub mod timing;
pub mod transfer;
pub mod trial;
mod turns;
