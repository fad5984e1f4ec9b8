"""Fits the guard of constrained readings: `fit.py FILE.json…`, files of `tingshuo eval fields --json`; numpy and scipy.

Prints the weights, and for some chances and leads what would be accepted of sayings that a model without their speaker judges."""
import json, pathlib, sys
import numpy as np
from scipy.optimize import minimize

PENALTY = 0.5

def rows(paths):
    for path in paths:
        for line in open(path, encoding="utf8"):
            one = json.loads(line); saying = one["sayings"][0]
            if not saying["evidence"]: continue
            gap, lead, likelihood, agrees = saying["evidence"]
            best = saying["reading"]["candidates"][0][0]
            yield dict(speaker=pathlib.Path(one["file"]).parent.name, x=[1, gap, likelihood, float(agrees)], lead=lead, contradicts=not agrees and bool(saying["text"]),
                       right=one["truth"] is not None and meaning(one["truth"]) == best, answer=one["truth"] is not None, said=one["said"], best=best)

def meaning(truth):
    """What the recogniser's candidates call it."""
    try: value = json.loads(truth)["answer"]
    except (ValueError, TypeError, KeyError): return truth
    if isinstance(value, dict): value = next(iter(value.values()))
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else str(value)

def fit(x, y):
    def cost(w):
        z = x @ w; p = np.logaddexp(0, -z) * y + np.logaddexp(0, z) * (1 - y); q = 1 / (1 + np.exp(-z)) - y
        return p.sum() + PENALTY * (w[1:] ** 2).sum(), x.T @ q + 2 * PENALTY * np.r_[0, w[1:]]
    return minimize(cost, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", bounds=[(None, None)] + [(0, None)] * (x.shape[1] - 1)).x

found = list(rows(sys.argv[1:]))
x = np.array([r["x"] for r in found]); y = np.array([float(r["right"]) for r in found])
speakers = np.array([r["speaker"] for r in found]); chance = np.zeros(len(found))
for speaker in set(speakers):
    chance[speakers == speaker] = 1 / (1 + np.exp(-x[speakers == speaker] @ fit(x[speakers != speaker], y[speakers != speaker])))
print(f"{len(found)} readings, {int(y.sum())} right, of {len(set(speakers))} speakers; bias, gap, likelihood, agrees: {fit(x, y).round(2)}")
print("| chance from | least lead | accepted | wrong | of it no answer |\n| --: | --: | --: | --: | --: |")
for least in (.5, .7, .8, .85, .9, .93, .95):
    for lead in (0, 3):
        taken = [r for r, c in zip(found, chance) if c >= least and r["lead"] >= lead and not r["contradicts"]]
        wrong = [r for r in taken if not r["right"]]
        print(f"| {least} | {lead} | {len(taken)} | {len(wrong)} | {sum(not r['answer'] for r in wrong)} |", *{r["said"] + " as " + r["best"] for r in wrong})
