"""Learns additions: `train.py GGML CORPUS OUT.pkl`; STEPS or MINUTES, LR, RANK and FROM (an earlier OUT.pkl) by the environment.

With MINUTES the pace of learning falls with time, so that it ends well on a machine that is busy with other work."""
import os, sys, time, json, threading, queue, random, pathlib, pickle
THREADS = int(os.environ.get("THREADS", "2"))
os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if THREADS > 1 else 'false'}"
import numpy as np, soundfile as sf, jax, jax.numpy as jnp, optax
from scipy.signal import lfilter, fftconvolve
import whisper as W

BASE, CORPUS, OUT = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
RANK = int(os.environ.get("RANK", "16")); PEAK = float(os.environ.get("LR", "6e-4"))
BATCH = 12; TARGETS = 32; SHORT, LONG = 40, 72; MINUTES = float(os.environ.get("MINUTES", "0")); STEPS = 10 ** 6 if MINUTES else int(os.environ.get("STEPS", "300"))
jax.config.update("jax_compilation_cache_dir", str(CORPUS / ".compiled"))
R = random.Random(7); N = np.random.default_rng(7)
w, mel_filters, words = W.load(BASE)
text = W.Text(words)

SOURCES = {"baker": .18, "everyday": .22, "kokoro_zh": .10, "kokoro_mix": .06, "joe": .10, "words": .06, "words_kokoro": .04, "accents": .10, "speakers": .11, "amounts": .03}
def items(source):
    folder = CORPUS / source
    if not folder.exists(): return []
    lines = [line.rstrip("\n").split("\t") for line in open(folder / "texts.tsv", encoding="utf8")]
    there = [(folder / p, lang, t) for p, lang, t in lines if (folder / p).exists() and (folder / p).stat().st_size > 8000]
    return [i for i in there if len(text.tokens(" " + i[2] + "." if i[1] == "en" else i[2])) < TARGETS]
TERMS = {"zh": json.load(open(CORPUS / "terms.zh.json")), "en": json.load(open(CORPUS / "terms.en.json"))}
DOMAIN = {"zh": "以下是客户拨打电信客服热线的普通话，内容有话费、余额、流量、套餐、宽带、故障报修、投诉、转人工、挂失、国际漫游",
          "en": "A customer calls a telecom operator about balance, bill, data usage, plan, broadband fault, complaint, lost SIM, roaming, agent"}

def prompt(lang, target, told):
    k = R.random(); comma, stop = ("、", "。") if lang == "zh" else (", ", ".")
    if not told: return ""
    terms = R.sample(TERMS[lang], R.randint(3, 12))
    if R.random() < .35 and len(target) <= 8 and not target.isdigit(): terms[R.randrange(len(terms))] = target
    if k < .1: return DOMAIN[lang] + (comma + comma.join(terms[:6]) if R.random() < .5 else "") + stop
    return comma.join(terms) + stop

def sequence(lang, target, told):
    p = prompt(lang, target, told); TOKENS = LONG if told else SHORT
    if lang == "en":
        target = " " + target[:1].upper() + target[1:].replace(" i ", " I ") + "."
    before = ([W.PREV] + text.tokens(" " + p if lang == "en" else p)[-36:] if p else []) + [W.SOT, W.ZH if lang == "zh" else W.EN, W.TRANSCRIBE, W.NOT]
    t = text.tokens(target)[: TARGETS - 1] + [W.EOT]
    full = (before + t)[:TOKENS]
    tokens = np.full(TOKENS, W.EOT, np.int32); tokens[: len(full)] = full
    places = np.minimum(np.arange(TARGETS) + len(before) - 1, TOKENS - 1)
    labels = np.zeros(TARGETS, np.int32); labels[: len(t)] = t
    mask = (np.arange(TARGETS) < len(t)).astype(np.float32)
    return tokens, places.astype(np.int32), labels, mask

# --- the line between a caller and us --------------------------------------------------------------------------------
LOADED = []
def noise(n, k):
    if k == "babble":
        out = np.zeros(n, np.float32)
        for _ in range(R.randint(3, 6)):
            x = LOADED[R.randrange(len(LOADED))]; x = np.resize(np.roll(x, R.randrange(len(x))), n); out += x / (x.std() + 1e-6)
        return out
    x = N.standard_normal(n).astype(np.float32)
    if k == "white": return x
    f = np.fft.rfft(x); h = np.arange(1, len(f) + 1, dtype=np.float32)
    p = R.uniform(.35, 1.1)
    if k == "band": h = 1 + np.abs(h / len(f) - R.random()) * 30
    out = np.fft.irfft(f / h ** p, n).astype(np.float32)
    if k == "bursts":
        e = np.repeat((N.random(n // 1600 + 1) < .3) * N.random(n // 1600 + 1), 1600)[:n]; out = out * e.astype(np.float32)
    return out

def law(x, a):
    s = np.sign(x); m = np.abs(x)
    if a:
        A = 87.6; L = 1 + np.log(A); y = np.where(m < 1 / A, A * m / L, (1 + np.log(np.maximum(A * m, 1e-9))) / L)
        y = np.round(y * 127) / 127; z = np.where(y < 1 / L, y * L / A, np.exp(y * L - 1) / A)
    else:
        y = np.round(np.log1p(255 * m) / np.log(256) * 127) / 127; z = (np.power(256.0, y) - 1) / 255
    return (s * z).astype(np.float32)

def band(x, low, high):
    f = np.fft.rfft(x); hz = np.fft.rfftfreq(len(x), 1 / 16000)
    g = 1 / (1 + np.exp(-(hz - low) / 25)) / (1 + np.exp((hz - high) / 60)); g[hz >= 4000] = 0
    return np.fft.irfft(f * g, len(x)).astype(np.float32)

def another_mouth(x):
    """Faster and higher, or slower and lower: a shorter or longer throat as well as another pace."""
    n = len(x); m = int(n / R.uniform(.86, 1.16))
    return np.interp(np.linspace(0, n - 1, m), np.arange(n), lfilter([.25, .5, .25], [1], x) if m < n else x).astype(np.float32)

def hesitating(x):
    """A pause where it is quiet anyway."""
    at = R.randrange(len(x) // 4, len(x) * 3 // 4); piece = x[at: at + 3200]
    if len(piece) < 640: return x
    power = np.convolve(piece ** 2, np.ones(320), "valid"); cut = at + int(power.argmin()) + 160
    return np.concatenate([x[:cut], np.zeros(int(R.uniform(.05, .45) * 16000), np.float32), x[cut:]]) if power.min() < .02 * power.max() else x

def heard(x):
    if R.random() < .55: x = another_mouth(x)
    if R.random() < .12: x = hesitating(x)
    x = x[int(R.uniform(0, .3) * 16000):]
    x = x[: len(x) - int(R.uniform(0, .45) * 16000)]
    if R.random() < .2: x = np.concatenate([np.zeros(int(R.uniform(0, .3) * 16000), np.float32), x])
    x = x / (np.abs(x).max() + 1e-6)
    if R.random() < .3:
        n = int(R.uniform(.05, .35) * 16000); h = N.standard_normal(n) * np.exp(-np.arange(n) / (n / 5)); h[0] = R.uniform(2, 12)
        x = fftconvolve(x, h)[: len(x)].astype(np.float32); x /= np.abs(x).max() + 1e-6
    if R.random() < .4:                                         # another microphone
        a = R.uniform(-.6, .6); x = lfilter([1, a], [1], x).astype(np.float32); x /= np.abs(x).max() + 1e-6
    if R.random() < .8:
        v = noise(len(x), R.choice(["white", "pink", "pink", "babble", "band", "bursts", "pink"]))
        loud = np.sqrt(np.mean(np.sort(x ** 2)[len(x) // 2:]) + 1e-9)
        x = x + v / (np.sqrt(np.mean(v ** 2)) + 1e-9) * loud * 10 ** (-R.uniform(4, 28) / 20)
    x = x / (np.abs(x).max() + 1e-6) * 10 ** (-R.uniform(0, 24) / 20)
    if R.random() < .08: x = np.clip(x * R.uniform(1.5, 4), -.5, .5)
    if R.random() < .78:
        x = band(x, R.uniform(150, 350), R.uniform(3100, 3800))
        x = law(np.clip(x, -1, 1), R.random() < .6)
        if R.random() < .1:
            for _ in range(R.randint(1, 3)):
                at = R.randrange(len(x)); x[at: at + R.choice([320, 640])] = 0
    return x.astype(np.float32)

def samples(path):
    x, _ = sf.read(path, dtype="float32"); return x

LOADED = [samples(R.choice(items("baker"))[0]) for _ in range(200)]
def batch(group):
    """The same for all of a batch: whether a prompt was told, how much context there is beyond the speech."""
    told, margin = R.random() < .35, R.choices([16, 32, 64], [.2, .4, .4])[0]
    seconds = max(max(len(x) for x, _, _ in group) / 16000 + .1, 1)
    ctx = next((c for c in (128, 192, 256) if c >= seconds * 50 + margin), 384)
    mels = np.stack([W.log_mel(np.concatenate([np.zeros(1600, np.float32), x]), mel_filters, 2 * ctx) for x, _, _ in group])
    return (mels,) + tuple(np.stack(c) for c in zip(*[sequence(l, t, told) for _, l, t in group]))

def kept(source, back=False):
    """One in forty is kept for watching."""
    return [i for n, i in enumerate(items(source)) if (n % 40 == 0) == back]

def batches():
    names, shares = list(SOURCES), list(SOURCES.values())
    while True:
        there = {n: kept(n) for n in names}
        pool = [(heard(samples(p)), l, t) for p, l, t in (R.choice(there[n]) for n in R.choices([n for n in names if there[n]], [SOURCES[n] for n in names if there[n]], k=BATCH * 8))]
        pool.sort(key=lambda i: len(i[0]) + R.randrange(3000))
        groups = [pool[i: i + BATCH] for i in range(0, len(pool), BATCH)]; R.shuffle(groups)
        for g in groups: yield batch(g)

def loss(l, w, mel, tokens, places, labels, mask):
    h = W.decode(w, l, tokens, W.encode(w, l, mel))
    h = jnp.take_along_axis(h, places[..., None], 1)
    logp = jax.nn.log_softmax(h @ w["rest"]["decoder.token_embedding.weight"].T)
    own = jnp.take_along_axis(logp, labels[..., None], 2)[..., 0]
    right = (logp.argmax(-1) == labels) * mask
    return -(own * mask).sum() / mask.sum(), right.sum() / mask.sum()

l = W.stack(W.additions(w, RANK, 1)) if not os.environ.get("FROM") else W.stack(pickle.load(open(os.environ["FROM"], "rb")))
l = {p: l[p] for p in W.PARTS}
w, l = jax.tree.map(jnp.asarray, (W.stack(w), l))
total = STEPS
def pace(done): return PEAK * (.05 + .95 * .5 * (1 + np.cos(np.pi * min(done, 1))))
adam = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(b2=.98), optax.add_decayed_weights(.01)); state = adam.init(l)
grad = jax.jit(jax.value_and_grad(loss, has_aux=True))
@jax.jit
def follow(l, state, g, rate):
    u, state = adam.update(g, state, l)
    return jax.tree.map(lambda l, u: l - rate * u, l, u), state
def step(rate, l, state, w, *b):
    (v, acc), g = grad(l, w, *b)
    return *follow(l, state, g, rate), v, acc
judge = jax.jit(loss)

def feed(q):
    for b in batches(): q.put(b)
watch = [(heard(samples(p)), l, t) for p, l, t in kept("baker", True)[:24] + kept("everyday", True)[:24] + kept("joe", True)[:12] + kept("kokoro_zh", True)[:24]]
watch.sort(key=lambda i: len(i[0])); watch = [batch(watch[i: i + BATCH]) for i in range(0, len(watch) - BATCH + 1, BATCH)]
q = queue.Queue(6); threading.Thread(target=feed, args=(q,), daemon=True).start()
print(f"{[(n, len(items(n))) for n in SOURCES]}, {str(MINUTES) + ' minutes' if MINUTES else str(total) + ' steps'}; before", np.mean([[float(x) for x in judge(l, w, *b)] for b in watch], 0), flush=True)
t0 = time.time(); mean = []
for n in range(1, total + 1):
    done = (time.time() - t0) / (MINUTES * 60) if MINUTES else n / total
    if done >= 1: total = n
    l, state, v, acc = step(pace(done) * min(n / 30, 1), l, state, w, *q.get()); mean.append((float(v), float(acc)))
    if n % 10 == 0:
        print(n, f"loss {np.mean([m[0] for m in mean[-10:]]):.3f} right {np.mean([m[1] for m in mean[-10:]]):.3f} {time.time() - t0:.0f} s", flush=True)
    if n % 50 == 0 or n == total:
        h = np.mean([[float(x) for x in judge(l, w, *b)] for b in watch], 0); print("   held", h, flush=True)
        pickle.dump(W.unstack(l), open(OUT, "wb"))
    if n == total: break
