//! The recordings of a measurement: clean speech with its truth, and what a line makes of it.

use crate::audio::{Audio, CALL_RATE_HZ, FRAME_SAMPLES, noise, resample, treatment, wav};
use crate::cli::Failure;
use anyhow::Context;
use clap::ValueEnum;
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
    /// Which files to take, divided by a checksum of their names: choose settings on one half, report the other
    #[arg(long, default_value = "all")]
    half: Half,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Half {
    First,
    Second,
    All,
}

/// A clean utterance at the call's rate, with a quiet room on both sides.
pub struct Utterance {
    pub samples: Vec<f32>,
    /// The level of its speech alone, in dBFS.
    level_dbfs: f32,
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

/// A caller listens before the first word, and waits after the last: there a detector can be wrong.
const LEAD_SECONDS: usize = 2;
const TAIL_SECONDS: usize = 2;
/// The room around an utterance is as loud as the recording's own background, within these bounds: no line is digitally silent.
const ROOM_DBFS: (f32, f32) = (-72.0, -50.0);
/// Frames quieter than the loudest by this are breath and room.
const SPEECH_RANGE_DB: f32 = 28.0;
/// So is what stands no higher above the recording's own background, as long as that leaves the second range for speech.
const ABOVE_BACKGROUND_DB: f32 = 10.0;
const LEAST_RANGE_DB: f32 = 18.0;
/// Shorter than this, in frames, is a click.
const CLICK_FRAMES: usize = 3;
/// Gaps inside words, up to this many frames, count as speech.
const GAP_FRAMES: usize = 5;

impl Half {
    fn of(self, mut files: Vec<PathBuf>) -> Vec<PathBuf> {
        // FNV-1a over the name, its middle bit.
        let in_first = |file: &PathBuf| {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)) >> 32 & 1 == 0
        };
        files.retain(|file| self == Half::All || in_first(file) == (self == Half::First));
        files
    }
}

impl Material {
    pub fn read(folders: &Folders) -> Result<Material, Failure> {
        let mut utterances = Vec::new();
        for folder in &folders.speech {
            let files = folders.half.of(wav_files(folder)?);
            let chosen = folders.limit.min(files.len());
            for index in 0..chosen {
                let sound = at_call_rate(&read(&files[index * files.len() / chosen])?);
                if let Some(level_dbfs) = treatment::active_level_dbfs(&sound) {
                    utterances.push(utterance(&sound, level_dbfs, utterances.len() as u64));
                }
            }
        }
        let mut noises = Vec::new();
        for (folder, mixed) in folders.noise.iter().map(|folder| (folder, true)).chain(folders.silent.iter().map(|folder| (folder, false)))
        {
            for file in folders.half.of(wav_files(folder)?) {
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

    /// The utterance of that number under a condition; noises take turns, each from another place.
    pub fn under(&self, number: usize, condition: Condition) -> Vec<f32> {
        let utterance = &self.utterances[number];
        match condition {
            Condition::Clean => utterance.samples.clone(),
            Condition::Telephone => treatment::telephone(&utterance.samples, CALL_RATE_HZ),
            Condition::Noisy(snr_db) => {
                let noise = self.noise_beside(number, utterance.level_dbfs - snr_db);
                treatment::telephone(&treatment::mix(&[&utterance.samples, &noise]), CALL_RATE_HZ)
            }
        }
    }

    /// A stretch of noise as long as the utterance, brought to that level.
    fn noise_beside(&self, number: usize, level_dbfs: f32) -> Vec<f32> {
        let mixed: Vec<&Noise> = self.noises.iter().filter(|noise| noise.mixed).collect();
        let Some(noise) = mixed.get(number % mixed.len().max(1)) else { return Vec::new() };
        let from = number * 7 * CALL_RATE_HZ as usize % noise.samples.len();
        let length = self.utterances[number].samples.len();
        let stretch: Vec<f32> = noise.samples.iter().copied().cycle().skip(from).take(length).collect();
        at_level(&stretch, level_dbfs)
    }
}

/// The whole frames of a piece.
pub fn frames(samples: &[f32]) -> &[[f32; FRAME_SAMPLES]] {
    samples.as_chunks::<FRAME_SAMPLES>().0
}

fn utterance(sound: &[f32], level_dbfs: f32, seed: u64) -> Utterance {
    let rate = CALL_RATE_HZ as usize;
    let (truth_inside, background_dbfs) = truth(sound);
    let lead = LEAD_SECONDS * rate;
    let length = lead + sound.len() + TAIL_SECONDS * rate;
    let mut samples = at_level(&noise::pink(length, seed), background_dbfs.clamp(ROOM_DBFS.0, ROOM_DBFS.1));
    samples[lead..lead + sound.len()].copy_from_slice(sound);
    let mut truth = vec![false; lead / FRAME_SAMPLES];
    truth.extend(truth_inside);
    truth.resize(length / FRAME_SAMPLES, false);
    Utterance { samples, level_dbfs, truth }
}

/// Which frames of a clean recording hold speech, and the level of the others.
fn truth(sound: &[f32]) -> (Vec<bool>, f32) {
    let powers: Vec<f32> =
        frames(sound).iter().map(|frame| frame.iter().map(|s| s * s).sum::<f32>().max(1e-9) / FRAME_SAMPLES as f32).collect();
    let smooth: Vec<f32> =
        (0..powers.len()).map(|at| 10.0 * mean(&powers[at.saturating_sub(1)..(at + 2).min(powers.len())]).log10()).collect();
    let mut sorted = smooth.clone();
    sorted.sort_by(f32::total_cmp);
    let peak = sorted.last().copied().unwrap_or(0.0);
    let background = sorted.get(sorted.len() / 20).copied().unwrap_or(0.0);
    let limit = (peak - SPEECH_RANGE_DB).max((background + ABOVE_BACKGROUND_DB).min(peak - LEAST_RANGE_DB));
    let mut speech: Vec<bool> = smooth.iter().map(|level| *level > limit).collect();
    for run in speech.chunk_by_mut(|one, next| one == next) {
        if run.len() < CLICK_FRAMES {
            run.fill(false);
        }
    }
    fill_gaps(&mut speech, GAP_FRAMES);
    (speech, background)
}

/// Which frames of a clean recording hold speech.
pub fn speech_frames(sound: &[f32]) -> Vec<bool> {
    truth(sound).0
}

/// Joins stretches of speech that stand no further apart than that.
pub fn fill_gaps(speech: &mut [bool], gap_frames: usize) {
    let mut last = None;
    for at in 0..speech.len() {
        if speech[at] {
            if let Some(last) = last.filter(|last| at - last - 1 <= gap_frames) {
                speech[last..at].fill(true);
            }
            last = Some(at);
        }
    }
}

/// The same sound with its RMS at that level.
pub fn at_level(samples: &[f32], level_dbfs: f32) -> Vec<f32> {
    let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32;
    let gain = 10f32.powf(level_dbfs / 20.0) / power.sqrt().max(1e-9);
    samples.iter().map(|sample| sample * gain).collect()
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

pub fn wav_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav")));
    files.sort();
    anyhow::ensure!(!files.is_empty(), "{} holds no WAV files", folder.display());
    Ok(files)
}
