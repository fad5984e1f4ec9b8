"""Whisper base as functions of its weights (JAX), with low-rank additions to its matrices. Tensors are named as in the ggml file."""
import struct, numpy as np, jax, jax.numpy as jnp
from functools import lru_cache
import regex

HEADS = 8
SOT, PREV, NOT = 50258, 50361, 50363
ZH, EN, TRANSCRIBE, EOT = 50260, 50259, 50359, 50257

def load(path):
    f = open(path, "rb"); raw = f.read(); at = 0
    def i32(n=1):
        nonlocal at
        v = struct.unpack_from("<%di" % n, raw, at); at += 4 * n
        return v if n > 1 else v[0]
    assert i32() == 0x67676d6c
    hp = i32(11)
    bands, bins = i32(2)
    mel = np.frombuffer(raw, np.float32, bands * bins, at).reshape(bands, bins); at += 4 * bands * bins
    words = []
    for _ in range(i32()):
        n = i32(); words.append(raw[at:at + n]); at += n
    w = {}
    while at < len(raw):
        rank, name, kind = i32(3)
        dims = [i32() for _ in range(rank)][::-1]
        name_s = raw[at:at + name].decode(); at += name
        dt = np.float16 if kind == 1 else np.float32
        n = int(np.prod(dims))
        w[name_s] = np.frombuffer(raw, dt, n, at).reshape(dims).astype(np.float32); at += n * dt().itemsize
    return w, mel, words

# --- text -----------------------------------------------------------------------------------------------------------
SPLIT = regex.compile(r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+""")
class Text:
    def __init__(self, words): self.rank = {w: i for i, w in enumerate(words)}
    @lru_cache(100000)
    def piece(self, piece):
        parts = [bytes([b]) for b in piece]
        while len(parts) > 1:
            best = min(((self.rank.get(parts[i] + parts[i + 1], 1 << 30), i) for i in range(len(parts) - 1)))
            if best[0] == 1 << 30: break
            i = best[1]; parts[i:i + 2] = [parts[i] + parts[i + 1]]
        return tuple(self.rank[p] for p in parts)
    def tokens(self, text):
        return [t for p in SPLIT.findall(text) for t in self.piece(p.encode())]

# --- sound ----------------------------------------------------------------------------------------------------------
HANN = (0.5 * (1 - np.cos(2 * np.pi * np.arange(400) / 400))).astype(np.float32)
def log_mel(samples, filters, frames):
    """`frames` columns as whisper.cpp has them for speech that is padded with silence."""
    need = frames * 160 + 400
    # As whisper.cpp does it: the beginning reflected, silence after.
    x = np.concatenate([samples[1:201][::-1], samples, np.zeros(max(0, need - len(samples)), np.float32)])
    f = np.lib.stride_tricks.sliding_window_view(x, 400)[::160][:frames]
    p = np.abs(np.fft.rfft(f * HANN, axis=1)).astype(np.float32) ** 2
    m = np.log10(np.maximum(p @ filters.T, 1e-10))
    return ((np.maximum(m, m.max() - 8.0) + 4.0) / 4.0).T.astype(np.float32)      # bands × frames

# --- the model --------------------------------------------------------------------------------------------------------
def matrices(w):
    return [n[:-7] for n in w if n.endswith(".weight") and w[n].ndim == 2 and ".blocks." in n]

def additions(w, rank, seed):
    r = np.random.default_rng(seed); out = {}
    for n in matrices(w):
        rows, cols = w[n + ".weight"].shape
        out[n] = {"a": (r.standard_normal((cols, rank)) / np.sqrt(cols)).astype(np.float32), "b": np.zeros((rank, rows), np.float32)}
    return out

def linear(w, l, n, x):
    y = x @ w[n + ".weight"].T
    if n in l: y = y + (x @ l[n]["a"]) @ l[n]["b"]
    b = w.get(n + ".bias")
    return y if b is None else y + b

def norm(w, n, x):
    m = x.mean(-1, keepdims=True); v = ((x - m) ** 2).mean(-1, keepdims=True)
    return (x - m) * jax.lax.rsqrt(v + 1e-5) * w[n + ".weight"] + w[n + ".bias"]

def heads(x): return x.reshape(*x.shape[:-1], HEADS, -1)

def attention(w, l, n, x, source, mask=None):
    q, k, v = heads(linear(w, l, n + ".query", x)), heads(linear(w, l, n + ".key", source)), heads(linear(w, l, n + ".value", source))
    s = jnp.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(q.shape[-1])
    if mask is not None: s = s + mask
    o = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(s), v)
    return linear(w, l, n + ".out", o.reshape(*x.shape))

def mlp(w, l, n, x):
    return linear(w, l, n + ".mlp.2", jax.nn.gelu(linear(w, l, n + ".mlp.0", x), approximate=True))

def conv(x, k, b, stride):
    return jax.lax.conv_general_dilated(x, k, (stride,), [(1, 1)], dimension_numbers=("NCH", "OIH", "NCH")) + b.reshape(1, -1, 1)

PARTS = ("encoder", "decoder")
def stack(d):
    """{encoder.blocks.N.x: …} → {encoder: {x: all six}, decoder: …}, and the rest as it is."""
    out = {p: {} for p in PARTS}; rest = {}
    for name, value in d.items():
        p = name.split(".")
        if len(p) > 3 and p[1] == "blocks": out[p[0]].setdefault("." + ".".join(p[3:]), {})[int(p[2])] = value
        else: rest[name] = value
    tree = lambda vs: jax.tree.map(lambda *x: np.stack(x), *[vs[i] for i in range(6)])
    return {p: {k: tree(v) for k, v in out[p].items()} for p in PARTS} | {"rest": rest}

def unstack(d):
    return {f"{p}.blocks.{i}{k}": jax.tree.map(lambda x: np.asarray(x)[i], v) for p in PARTS for k, v in d[p].items() for i in range(6)}

def layers(w, l, x, block):
    return jax.lax.scan(lambda x, wl: (block(wl[0], wl[1], x), None), x, (w, l))[0]

def encode(w, l, mel):
    r = w["rest"]
    x = jax.nn.gelu(conv(mel, r["encoder.conv1.weight"], r["encoder.conv1.bias"], 1), approximate=True)
    x = jax.nn.gelu(conv(x, r["encoder.conv2.weight"], r["encoder.conv2.bias"], 2), approximate=True).transpose(0, 2, 1)
    x = x + r["encoder.positional_embedding"][: x.shape[1]]
    def block(w, l, x):
        h = norm(w, ".attn_ln", x); x = x + attention(w, l, ".attn", h, h)
        return x + mlp(w, l, "", norm(w, ".mlp_ln", x))
    return norm(r, "encoder.ln_post", layers(w["encoder"], l["encoder"], x, block))

def decode(w, l, tokens, sound):
    """What precedes the logits, at every place."""
    t, r = tokens.shape[1], w["rest"]
    x = r["decoder.token_embedding.weight"][tokens] + r["decoder.positional_embedding"][:t]
    mask = jnp.where(jnp.tril(jnp.ones((t, t), bool)), 0.0, -1e9)
    def block(w, l, x):
        h = norm(w, ".attn_ln", x); x = x + attention(w, l, ".attn", h, h, mask)
        x = x + attention(w, l, ".cross_attn", norm(w, ".cross_attn_ln", x), sound)
        return x + mlp(w, l, "", norm(w, ".mlp_ln", x))
    return norm(r, "decoder.ln", layers(w["decoder"], l["decoder"], x, block))
