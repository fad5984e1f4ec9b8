"""The additions as the project keeps them: half of what was learned, in 16-bit floats."""
import sys, pickle, numpy as np
from safetensors.numpy import save_file

SHARE = 0.5
learned = pickle.load(open(sys.argv[1], "rb"))
out = {}
for name, part in sorted(learned.items()):
    a, b = part["a"], part["b"] * SHARE
    even = np.sqrt(np.linalg.norm(a) / max(np.linalg.norm(b), 1e-9))     # factors of one size lose the fewest bits
    out[name + ".a"], out[name + ".b"] = (a / even).astype(np.float16), (b * even).astype(np.float16)
save_file(out, sys.argv[2])
