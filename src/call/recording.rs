//! Both sides of a call as they were heard. Secrets are left out: while paused, silence is kept in place of sound.

use super::line::Frame;

/// 16 kHz, one track a side, of equal length.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    caller: Vec<i16>,
    service: Vec<i16>,
    paused: bool,
}

impl Recording {
    pub fn pause(&mut self) {
        self.paused = true;
    }

    pub fn resume(&mut self) {
        self.paused = false;
    }

    /// One tick of the call.
    pub fn push(&mut self, caller: &Frame, service: &Frame) {
        let audible = |sample: &f32| if self.paused { 0 } else { to_i16(*sample) };
        self.caller.extend(caller.iter().map(audible));
        self.service.extend(service.iter().map(audible));
    }

    pub fn caller(&self) -> Vec<f32> {
        self.caller.iter().copied().map(to_f32).collect()
    }

    pub fn service(&self) -> Vec<f32> {
        self.service.iter().copied().map(to_f32).collect()
    }
}

fn to_i16(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16
}

fn to_f32(sample: i16) -> f32 {
    f32::from(sample) / f32::from(i16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::FRAME_SAMPLES;

    #[test]
    fn a_pause_leaves_silence_of_the_same_length() {
        let mut recording = Recording::default();
        recording.push(&[0.5; FRAME_SAMPLES], &[0.1; FRAME_SAMPLES]);
        recording.pause();
        recording.push(&[0.5; FRAME_SAMPLES], &[0.1; FRAME_SAMPLES]);
        recording.resume();
        recording.push(&[0.5; FRAME_SAMPLES], &[0.1; FRAME_SAMPLES]);
        let caller = recording.caller();
        assert_eq!(caller.len(), 3 * FRAME_SAMPLES);
        assert!(caller.iter().skip(FRAME_SAMPLES).take(FRAME_SAMPLES).all(|sample| *sample == 0.0));
        assert!(caller.iter().skip(2 * FRAME_SAMPLES).all(|sample| (sample - 0.5).abs() < 0.001));
    }
}
