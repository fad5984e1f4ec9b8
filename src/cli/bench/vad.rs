//! `tingshuo bench vad`: the detector that Tingshuo uses beside its parts and beside WebRTC's.

use super::material::{CONDITIONS, Folders, Material, frames};
use crate::audio::vad::{Vad, Voice};
use crate::audio::{FRAME_SAMPLES, resample::Resampler};
use crate::cli::Failure;
use std::time::{Duration, Instant};
use webrtc_vad::{SampleRate, VadMode};

/// Detectors that give a degree are compared where this share of the frames without speech is taken for speech.
const FALSE_ALARMS: [f32; 2] = [0.05, 0.02];
/// And where they raise as many as this one, which only says yes or no, does.
const YARDSTICK: &str = "webrtc 2";

enum Detector {
    Ours(Vad),
    Earshot(Voice),
    Webrtc(webrtc_vad::Vad, Box<Resampler>),
}

const NAMES: [&str; 6] = ["tingshuo", "earshot", "webrtc 0", "webrtc 1", "webrtc 2", "webrtc 3"];

impl Detector {
    fn new(name: &str) -> Detector {
        let webrtc = |mode| {
            Detector::Webrtc(webrtc_vad::Vad::new_with_rate_and_mode(SampleRate::Rate8kHz, mode), Box::new(Resampler::new(16_000, 8_000)))
        };
        match name {
            "tingshuo" => Detector::Ours(Vad::new()),
            "earshot" => Detector::Earshot(Voice::new()),
            "webrtc 0" => webrtc(VadMode::Quality),
            "webrtc 1" => webrtc(VadMode::LowBitrate),
            "webrtc 2" => webrtc(VadMode::Aggressive),
            _ => webrtc(VadMode::VeryAggressive),
        }
    }

    fn speech(&mut self, frame: &[f32; FRAME_SAMPLES]) -> f32 {
        match self {
            Detector::Ours(vad) => vad.speech(frame),
            Detector::Earshot(voice) => voice.speech(frame),
            Detector::Webrtc(vad, resampler) => {
                let mut line = Vec::with_capacity(FRAME_SAMPLES / 2);
                resampler.push(frame, &mut line);
                let pcm: Vec<i16> = line.iter().map(|sample| (sample * 32_767.0) as i16).collect();
                f32::from(u8::from(vad.is_voice_segment(&pcm).unwrap_or(false)))
            }
        }
    }
}

pub fn run(folders: &Folders) -> Result<(), Failure> {
    let material = Material::read(folders)?;
    println!("misses and false alarms: % of the frames with and without speech; threshold 0.5, then misses at equal false alarms");
    println!(
        "{:<22}{:<14}{:>8}{:>8}{:>12}{:>12}{:>16}{:>14}",
        "condition", "detector", "miss", "alarm", "miss at 5%", "miss at 2%", "as webrtc 2", "ms a second"
    );
    for condition in CONDITIONS {
        let heard: Vec<Vec<f32>> = (0..material.utterances.len()).map(|number| material.under(number, condition)).collect();
        let mut measured = Vec::new();
        for name in NAMES {
            let (mut voiced, mut unvoiced, mut cost) = (Vec::new(), Vec::new(), Duration::ZERO);
            for (utterance, samples) in material.utterances.iter().zip(&heard) {
                let mut detector = Detector::new(name);
                let begun = Instant::now();
                for (frame, truth) in frames(samples).iter().zip(&utterance.truth) {
                    let value = detector.speech(frame);
                    if *truth {
                        voiced.push(value)
                    } else {
                        unvoiced.push(value)
                    };
                }
                cost += begun.elapsed();
            }
            let seconds = (voiced.len() + unvoiced.len()) as f32 / 50.0;
            unvoiced.sort_by(f32::total_cmp);
            measured.push((name, voiced, unvoiced, cost.as_secs_f32() * 1000.0 / seconds));
        }
        let alike = measured.iter().find(|(name, ..)| *name == YARDSTICK).map_or(0.0, |(_, _, unvoiced, _)| share(unvoiced) / 100.0);
        for (name, voiced, unvoiced, cost_ms) in &measured {
            let [first, second, third] = [FALSE_ALARMS[0], FALSE_ALARMS[1], alike].map(|rate| misses_at(voiced, unvoiced, rate));
            println!(
                "{condition:<22}{name:<14}{:>8.1}{:>8.1}{first:>12}{second:>12}{third:>16}{cost_ms:>14.2}",
                100.0 - share(voiced),
                share(unvoiced),
            );
        }
    }
    println!("\nframes of recordings without speech that are taken for speech, %");
    println!("{:<26}{}", "", NAMES.map(|name| format!("{name:>14}")).concat());
    for noise in &material.noises {
        let shares = NAMES.map(|name| {
            let mut detector = Detector::new(name);
            share(&frames(&noise.samples).iter().map(|frame| detector.speech(frame)).collect::<Vec<f32>>())
        });
        println!("{:<26}{}", noise.name, shares.map(|share| format!("{share:>14.1}")).concat());
    }
    Ok(())
}

/// Percentage of values that count as speech.
fn share(values: &[f32]) -> f32 {
    100.0 * values.iter().filter(|value| **value >= 0.5).count() as f32 / values.len().max(1) as f32
}

/// The misses when the threshold is set so that `rate` of the frames without speech (their values sorted) pass; a detector that only
/// says yes or no has none.
fn misses_at(voiced: &[f32], unvoiced: &[f32], rate: f32) -> String {
    let threshold = unvoiced.get(((1.0 - rate) * unvoiced.len() as f32) as usize).copied().unwrap_or(0.5);
    let two_valued = voiced.iter().all(|value| *value == 0.0 || *value == 1.0);
    if two_valued {
        return "-".into();
    }
    let missed = voiced.iter().filter(|value| **value <= threshold).count();
    format!("{:.1}", 100.0 * missed as f32 / voiced.len().max(1) as f32)
}
