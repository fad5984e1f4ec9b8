//! Tingshuo 听说: a streaming voice service for a telecom operator's customers.
//!
//! The rooms of the house, from the ground up; a module uses only modules listed before it
//! (`tests/it/architecture.rs` holds the code to the table in `ARCHITECTURE.md`):
//!
//! * [`text`] Chinese and English numbers, dates, money, phone numbers, pinyin, normalising, masking.
//! * [`audio`] frames, WAV, G.711, resampling, level, voice activity, the endpointer.
//! * [`store`] the database: calls, turns, events, work orders.
//! * [`security`] tokens.
//! * [`business`] the operator's systems behind one trait, and the embedded demo operator.
//! * [`models`] the model manifest: fetch, verify, convert, locate.
//! * [`grammar`] SRGS grammars and the matcher on characters and on sound.
//! * [`tts`] text to speech: the synthesiser trait, the voices, the prompt cache.
//! * [`care`] work orders, incidents, notices, surveys.
//! * [`asr`] speech to text: the recogniser trait, Whisper on its own threads, the guards.
//! * [`nlu`] what was meant: grammar, intent classifier, slots, thresholds.
//! * [`dialog`] flows as data and the pure engine that runs them.
//! * [`call`] one call's session: listening, speaking, deciding, recording what happened.
//! * [`mod@line`] where calls come from.
//! * [`desk`] agents, the queue of callers who want a person, who speaks with whom.
//! * [`outbound`] calls that go out: when customers may be called.
//! * [`api`] HTTP: the softphone, media, work orders, health.
//! * [`cli`] the command line.

pub mod api;
pub mod asr;
pub mod audio;
pub mod business;
pub mod call;
pub mod care;
pub mod cli;
pub mod desk;
pub mod dialog;
pub mod grammar;
pub mod line;
pub mod models;
pub mod nlu;
pub mod outbound;
pub mod security;
pub mod store;
pub mod text;
pub mod tts;
