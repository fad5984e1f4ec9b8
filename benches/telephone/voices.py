"""Twelve more Mandarin voices, each between two of Kokoro's: `voices.py PROJECT HOME` makes HOME/voices for `TINGSHUO_HOME=HOME tingshuo fixtures make`."""
import hashlib, os, pathlib, shutil, sys
import numpy as np

project, home = map(pathlib.Path, sys.argv[1:3])
models = pathlib.Path(os.environ.get("TINGSHUO_MODELS", pathlib.Path.home() / ".cache/tingshuo/models"))
MIX = {"mix_a": ("zf_xiaobei", "af_bella"), "mix_b": ("zf_xiaoni", "bf_emma"), "mix_c": ("zm_yunjian", "bm_george"), "mix_d": ("zm_yunxia", "am_fenrir"),
       "mix_e": ("zf_xiaobei", "bm_george"), "mix_f": ("zf_xiaoni", "af_heart"), "mix_g": ("zm_yunjian", "am_michael"), "mix_h": ("zm_yunxia", "bf_emma"),
       "mix_i": ("zf_xiaobei", "zm_yunjian"), "mix_j": ("zf_xiaoni", "zm_yunxia"), "mix_k": ("zf_xiaobei", "am_fenrir"), "mix_l": ("zm_yunjian", "bf_emma")}

shutil.copytree(project / "voices", home / "voices", dirs_exist_ok=True)
for folder in ("flows", "grammars", "care", "desk", "outbound"):
    if not (home / folder).exists(): (home / folder).symlink_to((project / folder).resolve())
folder = home / "voices"
styles = [shutil.copy(path, folder) for path in models.glob("kokoro-[abz]*.bin")]
blocks = ""
for name, (first, second) in MIX.items():
    one, other = (np.fromfile(models / f"kokoro-{voice}.bin", np.float32) for voice in (first, second))
    (.55 * one + .45 * other).astype(np.float32).tofile(folder / f"kokoro-{name}.bin")
    styles.append(folder / f"kokoro-{name}.bin")
    blocks += f'\n[[voice]]\nname = "{name}"\nlang = "zh"\nengine = "kokoro"\nmodel = "kokoro"\nstyle = "kokoro-{name}.bin"\n'
with open(folder / "voices.toml", "a") as voices: voices.write(blocks)

manifest = (folder / "models.toml").read_text()
before, rest = manifest.split('[[model]]\nname = "kokoro-styles"', 1)
after = rest[rest.find("\n[[model]]"):] if "\n[[model]]" in rest else ""
ours = '[[model]]\nname = "kokoro-styles"\nkind = "voice"\nabout = "with mixtures"\nrecipe = "in-repository"\nlicence = "Apache-2.0"\nnotes = ""\noptional = true\n'
for style in map(pathlib.Path, styles):
    data = style.read_bytes()
    ours += f'\n[[model.file]]\nname = "{style.name}"\nsize = {len(data)}\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'
(folder / "models.toml").write_text(before + ours + after)
