//! `tingshuo eval keys`: keys heard in the sound.

use super::asr::recordings::{self, Recording};
use super::sound::NoiseArgs;
use crate::audio::dtmf::Detector;
use crate::audio::{CALL_RATE_HZ, FRAME_SAMPLES};
use crate::cli::Failure;
use crate::text::Lang;
use anyhow::ensure;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Measures how telephone keys are heard as tones, and what else is taken for them.
///
/// Manifests are those of `eval asr`. In recordings of a category that begins with `dtmf` the transcript is what is pressed; in all others every key that is heard is a false
/// one. Everything goes through the telephone first.
#[derive(clap::Args)]
pub struct Args {
    #[arg(required = true, value_name = "MANIFEST")]
    manifests: Vec<PathBuf>,
    /// As recorded, not through 8 kHz A-law
    #[arg(long)]
    as_recorded: bool,
    #[command(flatten)]
    noise: NoiseArgs,
    /// Every recording that was not heard as it is
    #[arg(long)]
    list: bool,
}

const KEYS: &str = "dtmf";
const SAMPLES_PER_HOUR: f64 = 3_600.0 * CALL_RATE_HZ as f64;

/// What was heard in the recordings of one set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tally {
    recordings: usize,
    samples: usize,
    pressed: usize,
    /// Of the keys that were pressed, in their order.
    heard: usize,
    /// Keys that nobody pressed.
    surplus: usize,
}

impl Tally {
    fn count(&mut self, pressed: &str, heard: &str, samples: usize) {
        let common = in_common(pressed, heard);
        self.recordings += 1;
        self.samples += samples;
        self.pressed += pressed.chars().count();
        self.heard += common;
        self.surplus += heard.chars().count() - common;
    }
}

pub fn run(args: Args) -> Result<(), Failure> {
    let mut recordings = Vec::new();
    for manifest in &args.manifests {
        recordings.extend(recordings::read(manifest, Lang::Zh)?);
    }
    ensure!(!recordings.is_empty(), "the manifests name no recordings");
    let (behind, telephone) = (args.noise.open()?, !args.as_recorded);
    let mut sets: BTreeMap<(&str, bool), Tally> = BTreeMap::new();
    for (seed, recording) in recordings.iter().enumerate() {
        let sound = behind.prepare(&recording.file, telephone, seed as u64, None)?;
        let (pressed, heard) = (pressed(recording), heard(&sound));
        if args.list && pressed != heard {
            println!("{}\t{pressed}\t{heard}", recording.file.display());
        }
        sets.entry((&recording.set, is_keys(recording))).or_default().count(pressed, &heard, sound.len());
    }
    println!("{}", behind.name(telephone));
    println!("| set | recordings | minutes | pressed | heard | missed | false | false an hour |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for ((set, is_keys), tally) in &sets {
        let name = if *is_keys { format!("{set}, keys") } else { (*set).to_owned() };
        println!("{}", row(&name, tally));
    }
    Ok(())
}

fn is_keys(recording: &Recording) -> bool {
    recording.category.starts_with(KEYS)
}

fn pressed(recording: &Recording) -> &str {
    if is_keys(recording) { &recording.said } else { "" }
}

/// As a line hears it, tick by tick.
fn heard(sound: &[f32]) -> String {
    let mut detector = Detector::default();
    sound.chunks(FRAME_SAMPLES).map(|frame| detector.push(frame)).collect()
}

fn row(name: &str, tally: &Tally) -> String {
    let Tally { recordings, samples, pressed, heard, surplus } = *tally;
    let hours = samples as f64 / SAMPLES_PER_HOUR;
    let an_hour = if hours > 0.0 { surplus as f64 / hours } else { 0.0 };
    format!("| {name} | {recordings} | {:.1} | {pressed} | {heard} | {} | {surplus} | {an_hour:.1} |", hours * 60.0, pressed - heard)
}

/// How many letters both have in the same order.
fn in_common(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row = vec![0; other.len() + 1];
    for letter in one.chars() {
        let mut corner = 0;
        for (at, known) in other.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if letter == *known { corner + 1 } else { above.max(row[at]) };
            corner = above;
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::dtmf::tone;

    #[test]
    fn what_is_missed_and_what_is_false() {
        for (pressed, sounded, expected) in
            [("12", "12", (2, 2, 0)), ("1234", "124", (4, 3, 0)), ("", "7", (0, 0, 1)), ("5", "55", (1, 1, 1)), ("12", "21", (2, 1, 1))]
        {
            let sound: Vec<f32> = sounded.chars().flat_map(|key| [tone(key, 80, 0.2, CALL_RATE_HZ), vec![0.0; 1_280]].concat()).collect();
            let mut tally = Tally::default();
            tally.count(pressed, &heard(&sound), sound.len());
            assert_eq!((tally.pressed, tally.heard, tally.surplus), expected, "{pressed} {sounded}");
        }
    }

    #[test]
    fn a_row_of_the_table() {
        let tally = Tally { recordings: 4, samples: 30 * 60 * CALL_RATE_HZ as usize, pressed: 16, heard: 15, surplus: 2 };
        assert_eq!(row("tones", &tally), "| tones | 4 | 30.0 | 16 | 15 | 1 | 2 | 4.0 |");
    }
}
