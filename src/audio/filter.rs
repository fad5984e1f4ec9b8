//! Fourth-order Butterworth filters as two second-order sections each (R. Bristow-Johnson's cookbook formulas).

/// The quality factors of the two sections that make a fourth-order Butterworth filter.
const SECTIONS: [f64; 2] = [0.541_196_1, 1.306_563];

/// Remembers what it heard: use one for each stream.
#[derive(Clone, Debug)]
pub struct Filter {
    sections: [Section; 2],
}

#[derive(Clone, Debug, Default)]
struct Section {
    b: [f64; 3],
    a: [f64; 2],
    state: [f64; 2],
}

impl Filter {
    /// −3 dB at `corner_hz`, 24 dB less an octave below it.
    pub fn high_pass(corner_hz: f64, rate_hz: u32) -> Filter {
        Filter::new(corner_hz, rate_hz, |cosine| [(1.0 + cosine) / 2.0, -(1.0 + cosine), (1.0 + cosine) / 2.0])
    }

    /// −3 dB at `corner_hz`, 24 dB less an octave above it.
    pub fn low_pass(corner_hz: f64, rate_hz: u32) -> Filter {
        Filter::new(corner_hz, rate_hz, |cosine| [(1.0 - cosine) / 2.0, 1.0 - cosine, (1.0 - cosine) / 2.0])
    }

    fn new(corner_hz: f64, rate_hz: u32, numerator: fn(f64) -> [f64; 3]) -> Filter {
        let (sine, cosine) = (std::f64::consts::TAU * corner_hz / f64::from(rate_hz)).sin_cos();
        let sections = SECTIONS.map(|quality| {
            let alpha = sine / (2.0 * quality);
            let scale = 1.0 + alpha;
            Section { b: numerator(cosine).map(|b| b / scale), a: [-2.0 * cosine / scale, (1.0 - alpha) / scale], state: [0.0; 2] }
        });
        Filter { sections }
    }

    /// Filters in place.
    pub fn run(&mut self, samples: &mut [f32]) {
        for sample in samples {
            let mut value = f64::from(*sample);
            for section in &mut self.sections {
                value = section.next(value);
            }
            *sample = value as f32;
        }
    }
}

impl Section {
    fn next(&mut self, input: f64) -> f64 {
        let output = self.b[0] * input + self.state[0];
        self.state[0] = self.b[1] * input - self.a[0] * output + self.state[1];
        self.state[1] = self.b[2] * input - self.a[1] * output;
        output
    }
}
