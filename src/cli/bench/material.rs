//! The recordings of a measurement: clean speech with its truth, and what a line makes of it.

use crate::audio::{Audio, CALL_RATE_HZ, FRAME_SAMPLES, resample, treatment, wav};
use crate::cli::Failure;
use anyhow::Context;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Folders {
    /// Folders of clean speech (WAV), one utterance a file
    #[arg(required = true)]
    speech: Vec<PathBuf>,
    /// Folders without speech (WAV): noise that is mixed in, and that must not be taken for speech
    #[arg(long, required = true)]
    noise: Vec<PathBuf>,
    /// Folders without speech that are only listened to, such as tones
    #[arg(long)]
    silent: Vec<PathBuf>,
    /// At most so many speech files a folder, evenly chosen
    #[arg(long, default_value_t = 30)]
    limit: usize,
}

/// A clean utterance at the call's rate, with silence on both sides.
pub struct Utterance {
    pub samples: Vec<f32>,
    /// For each frame, whether there is speech in it, judged on the clean sound.
    pub truth: Vec<bool>,
}

pub struct Noise {
    pub name: String,
    pub samples: Vec<f32>,
    /// Whether it is mixed into speech too.
    pub mixed: bool,
}

pub struct Material {
    pub utterances: Vec<Utterance>,
    pub noises: Vec<Noise>,
}

/// What happens to an utterance on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    Clean,
    Telephone,
    /// By telephone, with noise so many dB under the speech.
    Noisy(f32),
}

pub const CONDITIONS: [Condition; 5] =
    [Condition::Clean, Condition::Telephone, Condition::Noisy(15.0), Condition::Noisy(10.0), Condition::Noisy(5.0)];

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Condition::Clean => f.pad("clean 16 kHz"),
            Condition::Telephone => f.pad("A-law 8 kHz"),
            Condition::Noisy(snr_db) => f.pad(&format!("A-law, noise {snr_db} dB")),
        }
    }
}

/// Silence around every utterance, so that there is something to be wrong about.
const LEAD_SECONDS: usize = 1;
const TAIL_SECONDS: usize = 2;
/// Frames quieter than the loudest by this are no speech.
const SPEECH_RANGE_DB: f32 = 40.0;
/// Nor is what stands no higher above the recording's own background.
const ABOVE_BACKGROUND_DB: f32 = 8.0;
/// Gaps inside words, up to this many frames, count as speech.
const GAP_FRAMES: usize = 5;

impl Material {
    pub fn read(folders: &Folders) -> Result<Material, Failure> {
        let mut utterances = Vec::new();
        for folder in &folders.speech {
            let files = wav_files(folder)?;
            let chosen = folders.limit.clamp(1, files.len());
            for index in 0..chosen {
                let sound = at_call_rate(&read(&files[index * files.len() / chosen])?);
                if treatment::active_level_dbfs(&sound).is_some() {
                    utterances.push(utterance(&sound));
                }
            }
        }
        let mut noises = Vec::new();
        for (folder, mixed) in folders.noise.iter().map(|folder| (folder, true)).chain(folders.silent.iter().map(|folder| (folder, false)))
        {
            for file in wav_files(folder)? {
                let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let samples = at_call_rate(&read(&file)?);
                if samples.len() >= CALL_RATE_HZ as usize / 2 {
                    noises.push(Noise { name, samples, mixed });
                }
            }
        }
        anyhow::ensure!(!utterances.is_empty(), "no speech in the folders given; name folders that hold WAV files");
        Ok(Material { utterances, noises })
    }

    /// The utterance of that number under a condition; noises take turns.
    pub fn under(&self, number: usize, condition: Condition) -> Vec<f32> {
        let clean = &self.utterances[number].samples;
        let mixed: Vec<&Noise> = self.noises.iter().filter(|noise| noise.mixed).collect();
        match condition {
            Condition::Clean => clean.clone(),
            Condition::Telephone => treatment::telephone(clean, CALL_RATE_HZ),
            Condition::Noisy(snr_db) => {
                let noise = mixed.get(number % mixed.len().max(1)).map_or(&[][..], |noise| noise.samples.as_slice());
                treatment::telephone(&treatment::add_noise(clean, noise, snr_db), CALL_RATE_HZ)
            }
        }
    }
}

/// The whole frames of a piece.
pub fn frames(samples: &[f32]) -> &[[f32; FRAME_SAMPLES]] {
    samples.as_chunks::<FRAME_SAMPLES>().0
}

fn utterance(sound: &[f32]) -> Utterance {
    let rate = CALL_RATE_HZ as usize;
    let truth_inside = truth(sound);
    let mut samples = vec![0.0; LEAD_SECONDS * rate];
    samples.extend_from_slice(sound);
    samples.resize(samples.len() + TAIL_SECONDS * rate, 0.0);
    let mut truth = vec![false; LEAD_SECONDS * rate / FRAME_SAMPLES];
    truth.extend(truth_inside);
    truth.resize(samples.len() / FRAME_SAMPLES, false);
    Utterance { samples, truth }
}

fn truth(sound: &[f32]) -> Vec<bool> {
    let powers: Vec<f32> = frames(sound).iter().map(|frame| frame.iter().map(|s| s * s).sum::<f32>().max(1e-9)).collect();
    let smooth: Vec<f32> =
        (0..powers.len()).map(|at| 10.0 * mean(&powers[at.saturating_sub(1)..(at + 2).min(powers.len())]).log10()).collect();
    let mut sorted = smooth.clone();
    sorted.sort_by(f32::total_cmp);
    let peak = sorted.last().copied().unwrap_or(0.0);
    let background = sorted.get(sorted.len() / 20).copied().unwrap_or(0.0);
    let limit = (peak - SPEECH_RANGE_DB).max((background + ABOVE_BACKGROUND_DB).min(peak - 25.0));
    let mut speech: Vec<bool> = smooth.iter().map(|level| *level > limit).collect();
    let mut last = None;
    for at in 0..speech.len() {
        if speech[at] {
            if let Some(last) = last.filter(|last| at - last <= GAP_FRAMES) {
                speech[last..at].fill(true);
            }
            last = Some(at);
        }
    }
    speech
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

fn at_call_rate(audio: &Audio) -> Vec<f32> {
    resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ)
}

fn read(file: &Path) -> Result<Audio, Failure> {
    wav::read(file).with_context(|| file.display().to_string())
}

fn wav_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav")));
    files.sort();
    anyhow::ensure!(!files.is_empty(), "{} holds no WAV files", folder.display());
    Ok(files)
}
