"""Puts the rendered pieces of this folder together as telephone systems do, and as people do who hear nobody: FOLDER gets the recordings and their manifest.

    python3 benches/answers/pieces/join.py FOLDER
"""

import array
import pathlib
import random
import sys
import tomllib
import wave

HERE = pathlib.Path(__file__).parent
# Which pieces follow each other, by their places in fixtures.toml.
ORDERS = {
    ("machine", "zh"): [[0, 1, 2], [0, 1, 3], [3, 1], [4, 5, 6], [8, 0, 1, 2], [8, 7], [0, 2], [4, 6]],
    ("human", "zh"): [[0], [1], [2], [3], [4], [5], [6], [7], [0, 0], [0, 2], [1, 2], [0, 5], [6, 4], [3, 0], [0, 7], [5, 4]],
    ("machine", "en"): [[0, 1, 2, 3], [0, 2, 3], [4, 5, 6], [7, 0, 1, 2], [8, 0, 1], [0, 1, 1, 2], [4, 6], [7]],
    ("human", "en"): [[0], [1], [2], [3], [4], [5], [6], [7], [0, 0], [0, 2], [1, 3], [5, 7], [6, 4], [0, 7], [1, 7], [5, 2]],
}
# Seconds until somebody begins, and between pieces.
BEGINS = {"machine": (0.1, 0.7), "human": (0.2, 1.0)}
PAUSES = {"machine": (0.0, 0.35), "human": (0.25, 0.8)}
# So much is left of the silence around a piece.
MARGIN_S = 0.03


def read(path):
    """The samples of a piece without the silence around it, and their rate."""
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        samples = array.array("h", file.readframes(file.getnframes()))
    loudest = max(abs(sample) for sample in samples)
    loud = [at for at, sample in enumerate(samples) if abs(sample) > loudest * 0.02]
    margin = int(rate * MARGIN_S)
    return samples[max(0, loud[0] - margin) : loud[-1] + margin], rate


def main(folder):
    draw = random.Random(5)
    lines = ["file\ttranscript\tlanguage\tlabel"]
    for caller in tomllib.loads((HERE / "fixtures.toml").read_text())["caller"]:
        kind, lang, name = caller["folder"].split("_")[0], caller["lang"], caller["folder"]
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, order in enumerate(ORDERS[kind, lang]):
            joined, rate = array.array("h"), 0
            for place, piece in enumerate(order):
                samples, rate = read(HERE / name / f"{piece:02}.wav")
                low, high = PAUSES[kind] if place else BEGINS[kind]
                joined.extend([0] * int(rate * draw.uniform(low, high)))
                joined.extend(samples)
            joined.extend([0] * rate)
            with wave.open(str(folder / name / f"{number:02}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(rate)
                file.writeframes(joined.tobytes())
            said = " ".join(caller["say"][piece]["text"] for piece in order)
            lines.append(f"{name}/{number:02}.wav\t{said}\t{lang}\t{kind}")
    (folder / "manifest.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
