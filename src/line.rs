//! Where calls come from. Each line fills [`crate::call::line::Line`]; none knows what a dialog is.

pub mod audiosocket;
pub mod caller;
pub mod encoding;
pub mod live;
pub mod microphone;
pub mod networks;
pub mod rtp;
pub mod sdp;
pub mod sip;
pub mod wav;
pub mod websocket;
