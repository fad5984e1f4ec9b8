"""Sentences to train with, as recipes for `tingshuo fixtures make`: `corpus.py PROJECT OUT EVERYDAY.txt…`

Out of the project: what intents, grammars and knowledge say themselves. Out of the text files: clauses of everyday language. Out of jieba's list: single words."""
import random, re, sys, pathlib, json
import jieba, pypinyin

R = random.Random(20261123)
ROOT = pathlib.Path(sys.argv[1])          # the project
OUT = pathlib.Path(sys.argv[2])
GENERAL = sys.argv[3:]                     # text files of everyday sentences

def lists(path):
    """`key: - "..."` lists of a small YAML file, without a YAML library's surprises."""
    key, found = None, {}
    for line in open(path, encoding="utf8"):
        m = re.match(r"^(\w+):", line)
        if m: key = m.group(1)
        m = re.match(r'^\s*- "(.*)"\s*$', line) or re.match(r"^\s*- ([^\[{].*?)\s*$", line)
        if m and key: found.setdefault(key, []).append(m.group(1))
    return found

def expand(t, words, depth=0):
    """One random saying of a template: (a|b), [c|d], {name}."""
    out, i = "", 0
    def alternatives(close):
        nonlocal i
        parts, start, level = [], i, 0
        while i < len(t):
            c = t[i]
            if c in "([": level += 1
            elif c in ")]":
                if level == 0 and c == close: parts.append(t[start:i]); i += 1; return parts
                level -= 1
            elif c == "|" and level == 0: parts.append(t[start:i]); start = i + 1
            i += 1
        raise ValueError(t)
    while i < len(t):
        c = t[i]; i += 1
        if c == "(": out += expand(R.choice(alternatives(")")), words, depth + 1)
        elif c == "[":
            p = alternatives("]")
            if R.random() < 0.45: out += expand(R.choice(p), words, depth + 1)
        elif c == "{":
            j = t.index("}", i); name = t[i:j]; i = j + 1
            out += expand(words[name], words, depth + 1) if name in words else ""
        else: out += c
    return out

def words_of(path):
    words = {}
    for line in open(path, encoding="utf8"):
        m = re.match(r'^  - (\w+): "(.*)"\s*$', line)
        if m: words[m.group(1)] = m.group(2)
    return words

def tidy(text, lang):
    text = re.sub(r"\s+", " ", text).strip(" ，。,.？?！!、；;：:")
    return text if lang == "en" else text.replace(" ", "")

def intents(lang):
    words = words_of(ROOT / f"flows/intents/{lang}/lexicon.yaml")
    by_intent = {}
    for path in sorted((ROOT / f"flows/intents/{lang}").glob("*.yaml")):
        if path.stem != "lexicon":
            l = lists(path); by_intent[path.stem] = (l.get("examples", []), l.get("phrases", []))
    return words, by_intent

def knowledge(lang):
    out = []
    for path in sorted((ROOT / "flows/knowledge").glob("*.yaml")):
        now = None
        for line in open(path, encoding="utf8"):
            m = re.match(r"^    (zh|en):", line)
            if m: now = m.group(1)
            m = re.match(r"^      (question|answer): (.*)$", line)
            if m and now == lang:
                out += re.split(r"[，。；？,.;?]", m.group(2)) if m.group(1) == "answer" else [m.group(2)]
            m = re.match(r"^      variants: \[(.*)\]$", line)
            if m and now == lang: out += [v.strip().strip('"') for v in m.group(1).split(", ")]
    return out

def grammars(lang):
    matched, terms = [], []
    for path in sorted((ROOT / f"grammars/{lang}").glob("*.grxml")):
        text = path.read_text(encoding="utf8")
        matched += re.findall(r'name="match[^"]*" content="([^"]+)"', text)
        for t in re.findall(r'name="terms" content="([^"]+)"', text): terms += re.split(r"[、,，]\s*", t)
        matched += re.findall(r"<item[^>]*>\s*([^<>\s][^<>]*?)\s*</item>", text)
    return [m for m in matched if not re.search(r"[A-Za-z]" if lang == "zh" else r"[\u4e00-\u9fff]", m)], terms

DIGITS = "零一二三四五六七八九"
EN_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
def number(lang):
    kind = R.random()
    if kind < 0.55: n = "1" + R.choice("3456789") + "".join(R.choice("0123456789") for _ in range(9))
    elif kind < 0.8: n = "".join(R.choice("0123456789") for _ in range(R.choice([4, 6, 6, 8])))
    else: n = "".join(R.choice("0123456789") for _ in range(R.choice([3, 5, 7, 10, 12])))
    if lang == "en":
        group = R.choice([3, 4, 99])
        say = [("oh" if d == "0" and R.random() < 0.3 else EN_DIGITS[int(d)]) for d in n]
        return ", ".join(" ".join(say[i:i + group]) for i in range(0, len(say), group)), n
    yao = R.random() < 0.7
    say = "".join("幺" if d == "1" and yao else DIGITS[int(d)] for d in n)
    if len(n) == 11 and R.random() < 0.6: say = say[:3] + "，" + say[3:7] + "，" + say[7:]
    elif len(n) == 6 and R.random() < 0.4: say = say[:3] + "，" + say[3:]
    elif R.random() < 0.15: say = "，".join(say)
    return say, n

def simplified(text):
    try: text.encode("gb2312"); return True
    except UnicodeEncodeError: return False

SPELLED_WRONG = {"彩玲": "彩铃", "帐单": "账单", "到帐": "到账", "帐户": "账户", "冲话费": "充话费", "冲值": "充值"}
def general():
    out = []
    for path in GENERAL:
        for line in open(path, encoding="utf8", errors="ignore"):
            for clause in re.split(r"[，。；？！,.;?!、：:~…（）()“”\"\s]+", line):
                if 5 <= len(clause) <= 18 and re.fullmatch(r"[\u4e00-\u9fff]+", clause) and simplified(clause): out.append(clause)
    R.shuffle(out); return out

def texts(lang, count, spoken_general):
    words, by_intent = intents(lang)
    know, (matched, terms) = knowledge(lang), grammars(lang)
    names = sorted(by_intent)
    control = [n for n in names if n in ("affirm", "deny", "transfer_agent", "repeat", "back", "menu", "help", "goodbye", "thanks", "greeting")]
    say = []
    def add(text, target=None):
        text = tidy(text, lang)
        for wrong, right in SPELLED_WRONG.items(): text = text.replace(wrong, right)
        if lang == "en" and (len(text) < 2 or text == "I'll"): return
        target = tidy(target, lang) if target else text
        if text and 1 <= len(text) <= (30 if lang == "zh" else 90): say.append((text, target))
    shares = [("intent", .36), ("short", .16), ("know", .10), ("grammar", .14), ("number", .10), ("general", .14 if lang == "zh" else 0)]
    for kind, share in shares:
        until = len(say) + int(count * share)
        while len(say) < until:
            if kind == "intent":
                ex, ph = by_intent[R.choice(names)]
                if ex: add(expand(R.choice(ex), words))
            elif kind == "short":
                if R.random() < .6:
                    ex, ph = by_intent[R.choice(control if R.random() < .6 else names)]
                    if ph: add(expand(R.choice(ph), words))
                else: add(R.choice(terms))
            elif kind == "know": add(R.choice(know))
            elif kind == "grammar": add(R.choice(matched))
            elif kind == "number":
                s, t = number(lang); add(s, t)
            elif kind == "general": add(spoken_general.pop())
    R.shuffle(say)
    return say

def everyday(count, clauses):
    know, say = knowledge("zh"), []
    while len(say) < count:
        t = tidy(clauses.pop() if R.random() < .88 else R.choice(know), "zh")
        if R.random() < .25: t = t + "，" + tidy(clauses.pop(), "zh")
        if 4 <= len(t) <= 26 and not re.search("[0-9A-Za-z]", t): say.append((t, t))
    return say

def single_words(count):
    """One to four characters that are nobody's request, the commoner the likelier; now and then two."""
    listed = []
    for line in open(pathlib.Path(jieba.__file__).parent / "dict.txt", encoding="utf8"):
        word, often, _ = line.split(" ")
        if int(often) >= 30 and 1 <= len(word) <= 4 and re.fullmatch(r"[\u4e00-\u9fff]+", word) and simplified(word): listed.append((word, int(often) ** .4 * (.25 if len(word) == 1 else 1)))
    words, shares = zip(*listed)
    picked = R.choices(words, shares, k=count)
    return [(w + "，" + o, w + o) if R.random() < .15 else (w, w) for w, o in zip(picked, R.choices(words, shares, k=count))]

FIGURES = set("零一二两三四五六七八九十百千万亿点幺")
REGIONS = [("^zh", "z", .6), ("^ch", "c", .6), ("^sh", "s", .7), ("ing", "in", .5), ("eng", "en", .5), ("in$", "ing", .15), ("^n(?=[aeiou])", "l", .25), ("^l(?=[aeiou])", "n", .12), ("^h(?=u)", "f", .15),
           ("^f(?=[ae])", "hu", .08), ("^r", "l", .15)]
def characters():
    """By sound with its tone: characters with one reading, the commonest (of GB 2312's first level) only."""
    out = {}
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            try: c = bytes([high, low]).decode("gb2312")
            except UnicodeDecodeError: continue
            readings = pypinyin.pinyin(c, style=pypinyin.Style.TONE3, heteronym=True)[0]
            if len(readings) == 1: out.setdefault(readings[0], []).append(c)
    return out
def accented(sayings):
    """Written as somebody from elsewhere says it: characters of the sound that he makes, figures as they are. Each sixty sentences have another speaker."""
    by_sound, out = characters(), []
    for start in range(0, len(sayings), 60):
        habits = [(a, b) for a, b, share in REGIONS if R.random() < share]
        for spoken, target in sayings[start:start + 60]:
            sounds = pypinyin.lazy_pinyin(spoken, style=pypinyin.Style.TONE3, errors=lambda x: list(x))
            if len(sounds) != len(spoken): out.append((spoken, target)); continue
            say = ""
            for character, sound in zip(spoken, sounds):
                other = sound
                if character not in FIGURES and R.random() < .75:
                    for a, b in habits: other = re.sub(a, b, other)
                say += R.choice(by_sound[other]) if other != sound and other in by_sound else character
            out.append((say, target))
    return out

def amounts(count):
    """Sums and small numbers in English, whose endings a telephone swallows."""
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    teens = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    frames = ["top up {} yuan", "I want to top up {} yuan", "{} yuan", "add {} yuan please", "put {} on my number", "I'd like {} gigabytes", "{}", "it was {} yuan last month", "make it {}", "the {} yuan plan", "about {} days ago"]
    out = []
    for _ in range(count):
        k = R.random()
        n = R.choice(tens) if k < .4 else R.choice(teens) if k < .65 else R.choice(tens) + " " + R.choice(EN_DIGITS[1:]) if k < .8 else R.choice(["one", "two", "three", "five"]) + " hundred" + R.choice(["", "", " and " + R.choice(tens)])
        text = R.choice(frames).format(n)
        out.append((text, text))
    return out

def callers(voices, pace, pitches):
    """Each voice says its sentences in stretches of sixty, each at another pace and pitch."""
    for lang, voice, sayings in voices:
        for start in range(0, len(sayings), 60):
            yield dict(folder=f"{voice}_{start // 60:03d}", lang=lang, voice=voice, speed=round(R.uniform(*pace), 2), pitch=round(R.uniform(*pitches), 1),
                       say=[(f"{i:03d}.wav", s, t) for i, (s, t) in enumerate(sayings[start:start + 60])])

def write(name, voices, pace, pitches):
    folder = OUT / name; folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "fixtures.toml", "w", encoding="utf8") as f, open(folder / "texts.tsv", "w", encoding="utf8") as t:
        for c in callers(voices, pace, pitches):
            f.write(f'[[caller]]\nfolder = "{c["folder"]}"\nlang = "{c["lang"]}"\nvoice = "{c["voice"]}"\nspeed = {c["speed"]}\npitch = {c["pitch"]}\nchannel = "wide"\nsay = [\n')
            for file, s, target in c["say"]:
                f.write(f'  {{ file = "{file}", text = {json.dumps(s, ensure_ascii=False)} }},\n')
                t.write(f'{c["folder"]}/{file}\t{c["lang"]}\t{target}\n')
            f.write("]\n\n")

SPEAKERS = ["zf_xiaobei", "zf_xiaoni", "zm_yunjian", "zm_yunxia"] + [f"mix_{x}" for x in "abcdefghijkl"]
g = general()
write("baker", [("zh", "baker", texts("zh", 3600, g))], (.8, 1.45), (-4.5, 4.5))
write("joe", [("en", "joe", texts("en", 700, []))], (.85, 1.3), (-3, 4))
# The other four Mandarin voices of Kokoro are for measuring.
write("kokoro_zh", [("zh", v, texts("zh", 160, g)) for v in ("zf_xiaobei", "zf_xiaoni", "zm_yunjian")], (.85, 1.35), (-2, 2))
write("kokoro_mix", [("zh", v, texts("zh", 50, g)) for v in ("zm_yunxia", "mix_a", "mix_b", "mix_c", "mix_d")], (.85, 1.35), (-2, 2))
write("everyday", [("zh", "baker", everyday(2400, g))], (.8, 1.5), (-4.5, 4.5))
write("words", [("zh", "baker", single_words(1200))], (.75, 1.35), (-4.5, 4.5))
write("words_kokoro", [("zh", v, single_words(30)) for v in SPEAKERS], (.8, 1.25), (-2, 2))
write("accents", [("zh", "baker", accented(texts("zh", 900, g) + everyday(600, g)))], (.8, 1.45), (-4.5, 4.5))
write("speakers", [("zh", v, texts("zh", 30, g) + everyday(15, g)) for v in SPEAKERS], (.85, 1.35), (-2, 2))
write("amounts", [("en", "joe", amounts(240))], (.85, 1.3), (-3, 4))

for lang in ("zh", "en"):
    words, by_intent = intents(lang)
    found = set(grammars(lang)[1])
    for examples, phrases in by_intent.values():
        for phrase in phrases:
            for _ in range(12):
                t = tidy(expand(phrase, words), lang)
                if 1 < len(t) <= (8 if lang == "zh" else 24): found.add(t)
    json.dump(sorted(found), open(OUT / f"terms.{lang}.json", "w"), ensure_ascii=False)
