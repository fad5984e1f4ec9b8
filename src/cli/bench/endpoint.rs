//! `tingshuo bench endpoint`: what the endpointer makes of sentences and of noise.

use super::material::{CONDITIONS, Folders, Material, frames};
use crate::audio::endpointer::{Endpointer, Heard, PRE_ROLL_MS, Timing};
use crate::audio::{FRAME_MS, vad::Vad};
use crate::cli::Failure;

#[derive(Default)]
struct Counts {
    whole: usize,
    cut: usize,
    missed: usize,
    late_start: usize,
    early_end: usize,
    waits_ms: Vec<u64>,
}

pub fn run(folders: &Folders) -> Result<(), Failure> {
    let material = Material::read(folders)?;
    let timings = [("closed", Timing::CLOSED), ("open", Timing::OPEN), ("number", Timing::NUMBER)];
    println!(
        "{} utterances; late: speech before the pre-roll is lost; early: ended with 100 ms of speech or more to come",
        material.utterances.len()
    );
    println!(
        "{:<22}{:<8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>18}",
        "condition", "timing", "whole", "cut", "missed", "late", "early", "end after, ms p50"
    );
    for condition in CONDITIONS {
        let heard: Vec<Vec<f32>> = (0..material.utterances.len()).map(|number| material.under(number, condition)).collect();
        for (name, timing) in timings {
            let mut counts = Counts::default();
            for (utterance, samples) in material.utterances.iter().zip(&heard) {
                judge(&mut counts, &utterance.truth, samples, timing);
            }
            counts.waits_ms.sort_unstable();
            let wait = counts.waits_ms.get(counts.waits_ms.len() / 2).copied().unwrap_or(0);
            println!(
                "{condition:<22}{name:<8}{:>8}{:>8}{:>8}{:>8}{:>8}{wait:>18}",
                counts.whole, counts.cut, counts.missed, counts.late_start, counts.early_end
            );
        }
    }
    println!("\nfalse starts on recordings without speech, a minute");
    println!("{:<26}{:>10}{:>14}{:>16}", "", "seconds", "threshold 0.5", "threshold 0.7");
    for noise in &material.noises {
        let minutes = noise.samples.len() as f32 / 16_000.0 / 60.0;
        let [listening, speaking] =
            [0.5, 0.7].map(|threshold| starts(&noise.samples, Timing { threshold, ..Timing::OPEN }) as f32 / minutes);
        println!("{:<26}{:>10.0}{listening:>14.1}{speaking:>16.1}", noise.name, minutes * 60.0);
    }
    Ok(())
}

fn judge(counts: &mut Counts, truth: &[bool], samples: &[f32], timing: Timing) {
    let (Some(first), Some(last)) = (truth.iter().position(|speech| *speech), truth.iter().rposition(|speech| *speech)) else { return };
    let mut endpointer = Endpointer::new(timing);
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    for frame in frames(samples) {
        match endpointer.push(frame) {
            Some(Heard::Start { frame }) => starts.push(frame),
            Some(Heard::End { speech_end_frame, end_frame, .. }) => ends.push((speech_end_frame, end_frame)),
            _ => {}
        }
    }
    let in_speech = ends.iter().filter(|(end, _)| *end > first as u64).count();
    match in_speech {
        0 if starts.is_empty() => counts.missed += 1,
        0 | 1 => counts.whole += 1,
        _ => counts.cut += 1,
    }
    let lead = u64::from(PRE_ROLL_MS / FRAME_MS);
    counts.late_start += usize::from(starts.first().is_some_and(|start| *start > first as u64 + lead));
    counts.early_end += usize::from(ends.last().is_some_and(|(end, _)| end + 5 < last as u64));
    if let Some((_, decided)) = ends.last().filter(|_| in_speech == 1) {
        counts.waits_ms.push(decided.saturating_sub(last as u64) * u64::from(FRAME_MS));
    }
}

fn starts(samples: &[f32], timing: Timing) -> usize {
    let mut endpointer = Endpointer::new(timing);
    let mut vad = Vad::new();
    frames(samples).iter().filter(|frame| matches!(endpointer.push_judged(frame, vad.speech(frame)), Some(Heard::Start { .. }))).count()
}
