//! Tests that use the program and the library from outside, in one binary to keep the build short.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail anywhere")]

mod access;
mod architecture;
mod authoring;
mod calls;
mod campaign_calls;
mod campaigns;
mod command_line;
mod crash;
mod desk;
mod desk_handing_on;
mod desk_phones;
mod desk_recording;
mod dialing;
mod emergency;
mod flow_graph;
mod grammars;
mod hearing;
mod jobs;
mod knowledge;
mod live;
mod mishearings;
mod never_left;
mod operator_http;
mod operator_tls;
mod personal;
mod program;
mod rehearsal;
mod scenario;
mod scenarios_audio;
mod scenarios_text;
mod sip;
mod speaking;
mod tariff;
mod turn_taking;
mod verification;
mod work_orders;
