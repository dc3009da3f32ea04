"""Our body against the `anny` package's own forward pass: same machine, same run, one thread each.

python bench/body.py [--bodies 128] [--rounds 2]

Both build on the same data, so equal parameters must give equal bodies; the distance between them is printed first.
Every timed body has parameters of its own. Skipped when `make bench-anny` has not been run.
"""

import argparse
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
from peers import ask, is_installed, machine, python_of, table

from avatar_foundry.body import BODY_VERTICES, PARAMETERS, evaluate, stature

BATCH = 32
DETAILS = 40
SMALL = 0.15  # so that no group of details reaches the length at which ours are shortened


def details() -> dict[str, tuple[str, ...]]:
    """Parameters of ours that raise one target (of the body, or one on each side) alike: name -> anny's labels."""
    chosen: dict[str, tuple[str, ...]] = {}
    for name, p in PARAMETERS.items():
        if p.high and p.low and not p.side and not p.lateral and not p.adult and set(p.high.values()) == {1.0}:
            chosen[name] = tuple(target.rpartition("/")[2] for target in p.high)
    return chosen


def recipes(count: int, known: dict[str, tuple[str, ...]], sexes: str) -> Iterator[dict[str, dict[str, float]]]:
    """Grown bodies anywhere in the space of macro parameters, for both sides: {"ours", "phenotypes", "details"}."""
    dice = random.Random(12)
    for _ in range(count):
        share = {k: dice.random() for k in ("muscle", "weight", "african", "asian", "caucasian", "firmness")}
        bust, old, tall = dice.random(), dice.random(), float(dice.random() < 0.5)
        gender = dice.random() if sexes == "any" else float(dice.random() < 0.5)
        values = {name: SMALL * dice.uniform(0.2, 1.0) for name in dice.sample(sorted(known), min(DETAILS, len(known)))}
        ours = {f"body.{k}": v for k, v in share.items()}
        ours |= {"body.gender": gender, "body.bust": bust, "body.age": 25 + 65 * old, "body.proportions": 1.0}
        theirs = {**share, "gender": 1 - gender, "cupsize": bust, "age": (2 + old) / 3, "proportions": 0.0}
        yield {
            "ours": {**ours, "body.height": 1.55 + 0.4 * dice.random(), **values},
            "phenotypes": {**theirs, "height": tall},
            "details": {label: v for name, v in values.items() for label in known[name]},
        }


def distance(body: list[list[float]], ours: dict[str, float]) -> tuple[float, float]:
    """Mean and largest distance in mm between their skin and ours of equal parameters and stature."""
    theirs = np.array(body)[:BODY_VERTICES]
    mine = evaluate({**ours, "body.height": float(np.ptp(theirs[:, 1]))})
    assert abs(stature(mine) - np.ptp(theirs[:, 1])) < 1e-3
    off = mine[:BODY_VERTICES] - theirs
    gap = 1000 * np.linalg.norm(off - np.median(off, axis=0), axis=1)
    return float(gap.mean()), float(gap.max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bodies", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    print("\n## Body: `evaluate` against anny's forward pass\n")
    if not is_installed("anny"):
        print("skipped: the anny package is not installed here; `make bench-anny` does it (several GB, PyTorch)")
        return
    print(f"{machine()}; medians of {options.bodies} bodies, {options.rounds} rounds, one thread\n")
    labels = set(ask("anny_body", {"cases": [], "details": True, "check": []}, python_of("anny"))["labels"])
    known = {name: theirs for name, theirs in details().items() if labels.issuperset(theirs)}
    cases: list[dict[str, Any]] = []
    for name, sexes, detailed in (
        ("one sex, macros", "one", False),
        ("any sex, macros", "any", False),
        (f"any sex, {DETAILS} details", "any", True),
    ):
        bodies = list(recipes(options.bodies, known, sexes))
        if not detailed:
            bodies = [
                {
                    **b,
                    "details": {},
                    "ours": {k: v for k, v in b["ours"].items() if PARAMETERS[k].macro},
                }
                for b in bodies
            ]
        cases.append({"name": name, "details": detailed, "sizes": [1, BATCH], "recipes": bodies})
    mine = {"cases": [{**c, "recipes": [r["ours"] for r in c["recipes"]]} for c in cases]}
    checks = [c["recipes"][0] for c in cases]
    ours: dict[str, list[float]] = {}
    theirs: dict[str, list[float]] = {}
    for turn in range(options.rounds):
        for key, ms in ask("our_body", mine)["times"].items():
            ours.setdefault(key, []).append(ms)
        answer = ask("anny_body", {"cases": cases, "details": True, "check": [] if turn else checks}, python_of("anny"))
        for key, ms in answer["times"].items():
            theirs.setdefault(key, []).append(ms)
        for case, recipe, body in zip(cases, checks, answer["check"], strict=False):
            mean, most = distance(body, recipe["ours"])
            print(f"- same body, {case['name']}: skins differ by {mean:.4f} mm on average, {most:.4f} mm at most")
    rows = []
    for work, title in (("shape", "shape"), ("posed", "shape, skeleton, skinning")):
        for case in cases:
            for size in case["sizes"]:
                key = f"{case['name']} {work} {size}"
                a, b64, b32 = (min(t) for t in (ours[key], theirs[f"{key} float64"], theirs[f"{key} float32"]))
                count = "one" if size == 1 else f"{size} at once"
                times = (f"{a:.2f}", f"{b64:.2f}", f"{b32:.2f}", f"{b64 / a:.2f}x", f"{b32 / a:.2f}x")
                rows.append((f"{title}: {case['name']}, {count}", *times))
    head = ("ms per body", "ours", "anny", "anny in float32", "anny / ours", "float32 / ours")
    print("\n" + table(head, rows))
    print("\nAbove 1x ours is faster. anny computes in float64 unless told otherwise. Ours meets the stature exactly.")


if __name__ == "__main__":
    main()
