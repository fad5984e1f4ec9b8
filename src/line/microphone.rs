//! The machine's own microphone and loudspeaker: a caller who sits in front of it.

use super::live::{FromPeer, LiveLine, Peer, ToPeer};
use crate::audio::CALL_RATE_HZ;
use crate::audio::resample::Resampler;
use crate::call::line::Caption;
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{Device, FromSample, Sample, SampleFormat, SizedSample, Stream, SupportedStreamConfig};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::Sender;

/// Why there is no sound.
#[derive(Debug, thiserror::Error)]
pub enum MicrophoneError {
    #[error("no {0} was found; `tingshuo mic --list` shows what there is")]
    NoDevice(&'static str),
    #[error("no {kind} is called {name:?}; `tingshuo mic --list` shows what there is")]
    UnknownDevice { kind: &'static str, name: String },
    #[error("the {kind} gives its sound as {format}, which is not supported")]
    Format { kind: &'static str, format: String },
    #[error("the {kind} cannot be opened: {reason}")]
    Device { kind: &'static str, reason: String },
}

/// Which device; the system's own choice where `None`.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub microphone: Option<String>,
    pub loudspeaker: Option<String>,
}

/// Open devices; they fall silent when it is dropped.
pub struct Open {
    /// For keys and for hanging up.
    pub to_call: Sender<FromPeer>,
    _streams: [Stream; 2],
}

const MICROPHONE: &str = "microphone";
const LOUDSPEAKER: &str = "loudspeaker";
/// Sound that may wait for the loudspeaker, in seconds; more is dropped.
const MOST_WAITING_S: usize = 1;

/// Names of all microphones and of all loudspeakers.
pub fn names() -> (Vec<String>, Vec<String>) {
    let host = cpal::default_host();
    let names = |devices: Option<Vec<Device>>| devices.into_iter().flatten().map(|device| device.to_string()).collect();
    (names(host.input_devices().ok().map(Iterator::collect)), names(host.output_devices().ok().map(Iterator::collect)))
}

/// Opens both devices as a line; what is said is told to `captions`. Needs a tokio runtime.
///
/// # Errors
/// When a device is missing or cannot be opened.
pub fn open(choice: &Choice, captions: impl Fn(Caption) + Send + 'static) -> Result<(LiveLine, Open), MicrophoneError> {
    let host = cpal::default_host();
    let microphone =
        find(MICROPHONE, choice.microphone.as_deref(), host.default_input_device(), host.input_devices().ok().into_iter().flatten())?;
    let loudspeaker =
        find(LOUDSPEAKER, choice.loudspeaker.as_deref(), host.default_output_device(), host.output_devices().ok().into_iter().flatten())?;
    let heard = microphone.default_input_config().map_err(|error| failed(MICROPHONE, error))?;
    let said = loudspeaker.default_output_config().map_err(|error| failed(LOUDSPEAKER, error))?;
    let (line, Peer { to_call, mut from_call }) = LiveLine::new();
    let waiting = Waiting::default();
    let input = listen(&microphone, &heard, to_call.clone())?;
    let output = speak(&loudspeaker, &said, waiting.clone())?;
    input.play().map_err(|error| failed(MICROPHONE, error))?;
    output.play().map_err(|error| failed(LOUDSPEAKER, error))?;
    let rate_hz = said.sample_rate();
    tokio::spawn(async move {
        let mut resampler = Resampler::new(CALL_RATE_HZ, rate_hz);
        while let Some(message) = from_call.recv().await {
            match message {
                ToPeer::Sound(frame) => waiting.push(&mut resampler, &*frame, rate_hz),
                ToPeer::Clear => waiting.lock(VecDeque::clear),
                ToPeer::Caption(caption) => captions(caption),
                ToPeer::End(_) => {}
            }
        }
    });
    Ok((line, Open { to_call, _streams: [input, output] }))
}

fn find(
    kind: &'static str,
    name: Option<&str>,
    usual: Option<Device>,
    mut all: impl Iterator<Item = Device>,
) -> Result<Device, MicrophoneError> {
    match name {
        None => usual.ok_or(MicrophoneError::NoDevice(kind)),
        Some(name) => {
            let found = all.find(|device| device.to_string() == name);
            found.ok_or_else(|| MicrophoneError::UnknownDevice { kind, name: name.to_owned() })
        }
    }
}

fn failed(kind: &'static str, reason: impl ToString) -> MicrophoneError {
    MicrophoneError::Device { kind, reason: reason.to_string() }
}

/// Samples on their way to the loudspeaker, at its rate, mono.
#[derive(Clone, Default)]
struct Waiting(Arc<Mutex<VecDeque<f32>>>);

impl Waiting {
    fn lock<T>(&self, with: impl FnOnce(&mut VecDeque<f32>) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, resampler: &mut Resampler, frame: &[f32], rate_hz: u32) {
        let mut samples = Vec::new();
        resampler.push(frame, &mut samples);
        self.lock(|waiting| {
            waiting.extend(samples);
            let surplus = waiting.len().saturating_sub(MOST_WAITING_S * rate_hz as usize);
            waiting.drain(..surplus);
        });
    }
}

fn listen(device: &Device, form: &SupportedStreamConfig, to_call: Sender<FromPeer>) -> Result<Stream, MicrophoneError> {
    match form.sample_format() {
        SampleFormat::F32 => listen_as::<f32>(device, form, to_call),
        SampleFormat::I16 => listen_as::<i16>(device, form, to_call),
        SampleFormat::I32 => listen_as::<i32>(device, form, to_call),
        SampleFormat::U8 => listen_as::<u8>(device, form, to_call),
        other => Err(MicrophoneError::Format { kind: MICROPHONE, format: other.to_string() }),
    }
}

fn listen_as<T: SizedSample>(device: &Device, form: &SupportedStreamConfig, to_call: Sender<FromPeer>) -> Result<Stream, MicrophoneError>
where
    f32: FromSample<T>,
{
    let channels = usize::from(form.channels().max(1));
    let mut resampler = Resampler::new(form.sample_rate(), CALL_RATE_HZ);
    let hear = move |data: &[T], _: &cpal::InputCallbackInfo| {
        let mono: Vec<f32> =
            data.chunks(channels).map(|all| all.iter().map(|sample| f32::from_sample(*sample)).sum::<f32>() / channels as f32).collect();
        let mut samples = Vec::new();
        resampler.push(&mono, &mut samples);
        // A call that lags loses sound.
        let _ = to_call.try_send(FromPeer::Sound(samples));
    };
    device.build_input_stream(form.config(), hear, fault(MICROPHONE), None).map_err(|error| failed(MICROPHONE, error))
}

fn speak(device: &Device, form: &SupportedStreamConfig, waiting: Waiting) -> Result<Stream, MicrophoneError> {
    match form.sample_format() {
        SampleFormat::F32 => speak_as::<f32>(device, form, waiting),
        SampleFormat::I16 => speak_as::<i16>(device, form, waiting),
        SampleFormat::I32 => speak_as::<i32>(device, form, waiting),
        SampleFormat::U8 => speak_as::<u8>(device, form, waiting),
        other => Err(MicrophoneError::Format { kind: LOUDSPEAKER, format: other.to_string() }),
    }
}

fn speak_as<T: SizedSample + FromSample<f32>>(
    device: &Device,
    form: &SupportedStreamConfig,
    waiting: Waiting,
) -> Result<Stream, MicrophoneError> {
    let channels = usize::from(form.channels().max(1));
    let play = move |data: &mut [T], _: &cpal::OutputCallbackInfo| {
        waiting.lock(|waiting| {
            for all in data.chunks_mut(channels) {
                all.fill(T::from_sample(waiting.pop_front().unwrap_or(0.0)));
            }
        });
    };
    device.build_output_stream(form.config(), play, fault(LOUDSPEAKER), None).map_err(|error| failed(LOUDSPEAKER, error))
}

fn fault(kind: &'static str) -> impl FnMut(cpal::Error) {
    move |error| tracing::warn!(kind, %error, "a sound device has a fault")
}
