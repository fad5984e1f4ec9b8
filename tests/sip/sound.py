#!/usr/bin/env python3
"""Recordings as telephones have them, and whether what one side said is what the other heard, sample by sample.

    sound.py --same SAID TRACK HEARD TRACK     both WAV (16 bit, 8 or 16 kHz); the heard sound may begin later and end earlier
    sound.py --speech WAV OUT ALAW             a recording between silences, as WAV and as the bare A-law bytes that sipp plays
"""

import math
import struct
import sys
import wave

RATE = 8000
# Half a second of sound is looked for, then followed through the whole.
PIECE = RATE // 2
# G.711's own noise lies about 38 dB under the sound.
LEAST_DB = 25.0
# So much of what was said and can be compared has to arrive like that.
LEAST_PART = 0.97


def track(path, number):
    """One track of a WAV file of 16 bits or G.711, at 8 kHz."""
    with open(path, "rb") as file:
        data = file.read()
    at, form, samples = 12, None, None
    while at + 8 <= len(data):
        name, length = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        chunk = data[at + 8 : at + 8 + length]
        if name == b"fmt ":
            form = struct.unpack_from("<HHI", chunk)
        elif name == b"data":
            samples = chunk
        at += 8 + length + length % 2
    match form:
        case (1, channels, rate) if samples:
            values = struct.unpack(f"<{len(samples) // 2}h", samples[: len(samples) // 2 * 2])
        case (6, channels, rate) if samples:
            values = [unalaw(byte) for byte in samples]
        case (7, channels, rate) if samples:
            values = [unmulaw(byte) for byte in samples]
        case _:
            sys.exit(f"{path}: neither 16 bits nor G.711")
    if rate not in (RATE, 2 * RATE):
        sys.exit(f"{path}: {rate} Hz")
    values = values[number::channels]
    return list(values) if rate == RATE else [round(value) for value in halved(values)]


def unalaw(byte):
    byte ^= 0x55
    exponent, mantissa = byte >> 4 & 7, byte & 15
    magnitude = (mantissa << 4) + 8 if exponent == 0 else (mantissa + 16 << 4) + 8 << exponent - 1
    return magnitude if byte & 0x80 else -magnitude


def halved(samples):
    """Half the rate, for what lies under 3.6 kHz."""
    return filtered(samples, 0.45)[::2]


def filtered(samples, edge):
    """Without what lies above `edge` (1 is half the rate): a windowed sinc."""
    taps = 61
    middle = taps // 2
    weights = []
    for n in range(taps):
        x = n - middle
        sinc = edge if x == 0 else math.sin(edge * math.pi * x) / (math.pi * x)
        weights.append(sinc * (0.54 - 0.46 * math.cos(2 * math.pi * n / (taps - 1))))
    total = sum(weights)
    weights = [weight / total for weight in weights]
    padded = [0] * middle + list(samples) + [0] * middle
    return [sum(weight * padded[at + n] for n, weight in enumerate(weights)) for at in range(len(samples))]


def energy(samples):
    return sum(sample * sample for sample in samples) + 1.0


def best_lag(piece, heard, lags):
    """Where the piece lies best in what was heard, and how alike they are there (1 is the same but for loudness)."""
    own = math.sqrt(energy(piece))
    best = (-1.0, 0)
    for lag in lags:
        there = heard[lag : lag + len(piece)]
        if len(there) < len(piece):
            break
        alike = sum(a * b for a, b in zip(piece, there)) / (own * math.sqrt(energy(there)))
        best = max(best, (alike, lag))
    return best


def compare(said, heard):
    coarse = 8
    # Not near the ends, which may not have been heard.
    first, last = min(RATE, len(said) // 4), max(1, len(said) - PIECE - min(RATE, len(said) // 4))
    loud = max(range(first, max(first + 1, last), PIECE), key=lambda at: energy(said[at : at + PIECE]))
    piece = said[loud : loud + PIECE]
    thin = [sum(heard[at : at + coarse]) / coarse for at in range(0, len(heard) - coarse, coarse)]
    thin_piece = [sum(piece[at : at + coarse]) / coarse for at in range(0, len(piece) - coarse, coarse)]
    _, near = best_lag(thin_piece, thin, range(len(thin)))
    alike, lag = best_lag(piece, heard, range(max(0, near * coarse - 24), near * coarse + 25))
    if alike < 0.9:
        sys.exit(f"what was said is not there: {alike:.2f} alike at best")
    shift = lag - loud
    # Either end may cut off sooner towards 4 kHz, which is no difference.
    low_said, low_heard = filtered(said, 0.75), filtered(heard, 0.75)
    gain = math.sqrt(energy(piece) / energy(heard[lag : lag + PIECE]))
    same = compared = 0
    levels = []
    floor = energy(piece) / 1000
    at = max(0, -shift)
    frame = RATE // 50
    while at + frame <= len(said) and at + shift + frame <= len(heard):
        own = said[at : at + frame]
        if energy(own) > floor * frame / PIECE:
            compared += 1
            rest = energy([a - gain * b for a, b in zip(low_said[at : at + frame], low_heard[at + shift : at + shift + frame])])
            level = 10 * math.log10(energy(own) / rest)
            levels.append(level)
            same += level >= LEAST_DB
        at += frame
    levels.sort()
    print(f"{compared} frames compared, {same} the same; median {levels[len(levels) // 2]:.0f} dB")
    if compared < 50 or same < LEAST_PART * compared:
        sys.exit("it did not arrive as it was said")


def unmulaw(byte):
    byte ^= 0xFF
    magnitude = ((byte & 15) << 3) + 0x84 << (byte >> 4 & 7)
    return 0x84 - magnitude if byte & 0x80 else magnitude - 0x84


def alaw(sample):
    """G.711, from 16 bits."""
    sign, magnitude = (0x80, sample >> 4) if sample >= 0 else (0, (-sample - 1) >> 4)
    exponent = max(0, magnitude.bit_length() - 4)
    mantissa = magnitude >> max(0, exponent - 1) & 0x0F
    return (sign | exponent << 4 | mantissa) ^ 0x55


def speech(samples, out, bare):
    """Buffers settle in the second before it."""
    samples = [0] * RATE + samples + [0] * RATE
    with wave.open(out, "w") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    with open(bare, "wb") as file:
        file.write(bytes(alaw(sample) for sample in samples))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--speech", recording, out, bare]:
            speech(track(recording, 0), out, bare)
        case ["--same", said, said_track, heard, heard_track]:
            compare(track(said, int(said_track)), track(heard, int(heard_track)))
        case _:
            sys.exit(__doc__)
