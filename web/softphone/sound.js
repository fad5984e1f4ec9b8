// Both directions of sound, on the browser's audio thread. The line's sound is 16 kHz mono; the browser's may be at any rate.
const LINE_RATE = 16000;
const FRAME = 320;
const HALF = 16;
const LEAD_SECONDS = 0.08;
const MOST_SECONDS = 1.0;

// Band-limited change of rate by a windowed sinc, sample by sample.
class Resampler {
  constructor(from, to) {
    this.step = from / to;
    this.cut = Math.min(1, to / from) * 0.94;
    this.past = new Float32Array(0);
    this.at = HALF;
  }

  push(samples) {
    const all = new Float32Array(this.past.length + samples.length);
    all.set(this.past);
    all.set(samples, this.past.length);
    const out = [];
    while (this.at + HALF < all.length) {
      const centre = Math.floor(this.at);
      let sum = 0;
      for (let n = centre - HALF + 1; n <= centre + HALF; n += 1) {
        const x = n - this.at;
        const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / HALF);
        const angle = Math.PI * x * this.cut;
        sum += (all[n] ?? 0) * window * (Math.abs(angle) < 1e-6 ? 1 : Math.sin(angle) / angle) * this.cut;
      }
      out.push(sum);
      this.at += this.step;
    }
    const used = Math.max(0, Math.floor(this.at) - HALF);
    this.past = all.slice(used);
    this.at -= used;
    return out;
  }
}

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate, LINE_RATE);
    this.frame = [];
  }

  process(inputs) {
    const heard = inputs[0]?.[0];
    if (heard) {
      this.frame.push(...this.resampler.push(heard));
    }
    while (this.frame.length >= FRAME) {
      const samples = this.frame.splice(0, FRAME);
      const pcm = new Int16Array(FRAME);
      let level = 0;
      samples.forEach((sample, n) => {
        pcm[n] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
        level = Math.max(level, Math.abs(sample));
      });
      this.port.postMessage({ pcm: pcm.buffer, level }, [pcm.buffer]);
    }
    return true;
  }
}

class Earpiece extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(LINE_RATE, sampleRate);
    this.waiting = [];
    this.begun = false;
    this.ticks = 0;
    this.level = 0;
    this.port.onmessage = ({ data }) => {
      if (data === "clear") {
        this.waiting = [];
        return;
      }
      const pcm = new Int16Array(data);
      this.waiting.push(...this.resampler.push(Float32Array.from(pcm, (sample) => sample / 32768)));
      const surplus = this.waiting.length - MOST_SECONDS * sampleRate;
      if (surplus > 0) {
        this.waiting.splice(0, surplus);
      }
    };
  }

  process(_inputs, outputs) {
    const out = outputs[0][0];
    this.begun ||= this.waiting.length >= LEAD_SECONDS * sampleRate;
    if (this.begun) {
      const samples = this.waiting.splice(0, out.length);
      out.set(samples);
      this.begun = this.waiting.length > 0;
      for (const sample of samples) {
        this.level = Math.max(this.level, Math.abs(sample));
      }
    }
    this.ticks += 1;
    if (this.ticks % 16 === 0) {
      this.port.postMessage({ level: this.level });
      this.level = 0;
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
registerProcessor("earpiece", Earpiece);
