//! Figures for Prometheus, in its text format. All of them stand in one table ([`figures`]); README lists them.

use super::Lines;
use super::routes::Routes;
use crate::call::line::Packets;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::fmt::Write;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Lines>>) -> Routes<Arc<Lines>> {
    routes.get("/metrics", metrics)
}

const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

async fn metrics(State(api): State<Arc<Lines>>) -> Response {
    let present = api.reception.present();
    let load = Load {
        calls: present.len(),
        by_keys: present.iter().filter(|call| call.by_keys).count(),
        refused: api.reception.refused(),
        packets: api.reception.packets(),
    };
    ([(CONTENT_TYPE, FORMAT)], text(&figures(&load))).into_response()
}

struct Load {
    calls: usize,
    by_keys: usize,
    refused: u64,
    packets: Packets,
}

/// One figure; with a label, one of several of its name.
struct Figure {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    values: Vec<(Option<(&'static str, &'static str)>, u64)>,
}

enum Kind {
    Gauge,
    /// Never falls while the process lives.
    Counter,
}

fn figures(load: &Load) -> Vec<Figure> {
    let one = |name, help, kind, value| Figure { name, help, kind, values: vec![(None, value)] };
    let packets = load.packets.named().map(|(fate, count)| (Some(("fate", fate)), count));
    vec![
        one("tingshuo_calls", "Calls going on.", Kind::Gauge, load.calls as u64),
        one(
            "tingshuo_calls_by_keys",
            "Of them, calls that are not listened to because all places for hearing are taken.",
            Kind::Gauge,
            load.by_keys as u64,
        ),
        one("tingshuo_calls_refused_total", "Calls refused since the start.", Kind::Counter, load.refused),
        Figure {
            name: "tingshuo_rtp_packets_total",
            help: "Packets over SIP of callers and of persons who were called for them, of calls that have ended, by what became of them.",
            kind: Kind::Counter,
            values: packets.to_vec(),
        },
    ]
}

fn text(figures: &[Figure]) -> String {
    let mut text = String::new();
    for Figure { name, help, kind, values } in figures {
        let kind = match kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        // Writing into a string does not fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (label, value) in values {
            let _ = match label {
                Some((label, of)) => writeln!(text, "{name}{{{label}=\"{of}\"}} {value}"),
                None => writeln!(text, "{name} {value}"),
            };
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load() -> Load {
        Load { calls: 3, by_keys: 1, refused: 2, packets: Packets { received: 1_000, foreign: 7, late: 5, ..Packets::default() } }
    }

    #[test]
    fn the_text_is_as_prometheus_reads_it() {
        let text = text(&figures(&load()));
        assert!(text.starts_with("# HELP tingshuo_calls Calls going on.\n# TYPE tingshuo_calls gauge\ntingshuo_calls 3\n"), "{text}");
        for line in [
            "tingshuo_calls_by_keys 1",
            "# TYPE tingshuo_calls_refused_total counter",
            "tingshuo_rtp_packets_total{fate=\"received\"} 1000",
            "tingshuo_rtp_packets_total{fate=\"foreign\"} 7",
            "tingshuo_rtp_packets_total{fate=\"late\"} 5",
            "tingshuo_rtp_packets_total{fate=\"forged\"} 0",
        ] {
            assert!(text.lines().any(|own| own == line), "{line} is not in {text}");
        }
    }

    #[test]
    fn the_readme_lists_every_figure() {
        let readme = include_str!("../../README.md");
        for figure in figures(&load()) {
            assert!(readme.contains(&format!("`{}", figure.name)), "{} is not listed", figure.name);
        }
    }
}
