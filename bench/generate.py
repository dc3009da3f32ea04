"""The whole way from a few words to a character: ours and the peer command `axis-foundry generate`, in one run.

python bench/generate.py [--recipes 30] [--runs 3]

First the same command line on both sides, each in a process of its own and then again in a warm one, with what is in
the files. Then ours alone over many recipes of which none was seen before, in a cache that starts empty.
"""

import argparse
import hashlib
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from glb_facts import facts, pieces
from peers import Run, ask, home, install, machine, python_of, run_cold, table

from avatar_foundry.body import body_part, evaluate
from avatar_foundry.presets import load_presets
from avatar_foundry.wardrobe import ITEMS

Recipe = dict[str, Any]
ASKED = ["--preset", "athletic", "--prompt", "tall athletic male", "--platform", "unity", "--morph-targets", "--lods"]
RECIPE: Recipe = {"preset": "athletic", "prompt": "tall athletic male", "platform": "unity"}
FORM = ("muscle", "weight", "proportions")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipes", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3, help="of each command line")
    options = parser.parse_args()
    if options.runs < 2 or options.recipes < 1:
        parser.error("at least two runs and one recipe")
    install("axis")
    with tempfile.TemporaryDirectory() as folder:
        against_peer(Path(folder), options.runs)
    with tempfile.TemporaryDirectory() as folder:
        new_recipes(Path(folder), options.recipes)


def against_peer(folder: Path, runs: int) -> None:
    """Both sides on one command line."""
    print(f"\n## Generate: `generate {' '.join(ASKED)}` against axis-foundry\n")
    print(f"{machine()}; medians of {runs} runs, one thread\n")
    cache = folder / "cache"
    ours = [str(Path(sys.executable).with_name("avatar-foundry")), "generate", *ASKED, "--out"]
    theirs = [str(home() / "axis" / "bin" / "axis-foundry"), "generate", *ASKED, "--output"]
    first = run_cold([*ours, str(folder / "first")], cache=cache)
    cold: tuple[list[Run], list[Run]] = ([], [])
    for k in range(runs):
        cold[0].append(run_cold([*ours, str(folder / f"ours{k}")], cache=cache))
        cold[1].append(run_cold([*theirs, str(folder / f"theirs{k}.glb")]))
    commands = [["generate", *ASKED, "--output", str(folder / "warm.glb")]] * (runs + 1)
    warm = (
        ask("our_generate", {"before": [RECIPE], "recipes": [RECIPE] * runs}, cache=cache),
        ask("axis_generate", {"commands": commands}, python_of("axis")),
    )
    steady, worked = (
        [statistics.median(r[key] for r in w["runs"][-runs:]) / 1000 for w in warm] for key in ("ms", "cpu")
    )
    found = facts(folder / "ours0" / "athletic.glb"), facts(folder / "theirs0.glb")
    alike = (
        len({_digest(folder / name / "athletic.glb") for name in ("first", "ours0")}) == 1,
        len({_digest(folder / f"theirs{k}.glb") for k in range(2)}) == 1,
    )
    lasted = [statistics.median(r.wall for r in c) for c in cold]
    busy = [statistics.median(r.cpu for r in c) for c in cold]
    peaks = [max(r.peak for r in c) for c in cold]
    rows = [
        ("command line, s", *_pair(lasted, 2)),
        ("command line, s of processor", *_pair(busy, 2)),
        ("again in a warm process, s", *_pair(steady, 3)),
        ("again in a warm process, s of processor", *_pair(worked, 3)),
        ("peak memory, MB", *_pair(peaks, 0)),
        ("same bytes from two processes", *("yes" if a else "no" for a in alike), ""),
    ]
    for key, title in (
        ("bytes", "file, MB"),
        ("vertices", "vertices"),
        ("triangles", "triangles"),
        ("levels", "levels of detail in the file"),
        ("bones", "bones"),
        ("morphs", "named shapes"),
        ("meshes", "meshes"),
        ("materials", "materials"),
        ("images", "textures"),
        ("pieces", "connected pieces of the body mesh (ours: where no clothes cover it)"),
        ("height", "height, m"),
        ("errors", "Khronos validator: errors"),
        ("warnings", "Khronos validator: warnings"),
    ):
        a, b = (f[key] / 1e6 if key == "bytes" else f[key] for f in found)
        shown = (f"{a:.2f}", f"{b:.2f}") if isinstance(a, float) else (f"{a:,}", f"{b:,}")
        rows.append((title, *shown, f"{b / a:.2f}x" if a else ""))
    print(table(("", "ours", "axis-foundry 0.3.0", "theirs / ours"), rows))
    bare = body_part(evaluate({})).mesh
    print(f"\nOur whole body, before faces under clothes are left out: {pieces(bare.positions, bare.faces)} piece")
    if found[1]["codes"]:
        print(f"Their validator errors: {', '.join(found[1]['codes'])}")
    print(
        f"\nVery first run with nothing but the pack (textures painted, levels chosen, both kept for later): "
        f"{first.wall:.2f} s ({first.cpu:.2f} s of processor), {first.peak:.0f} MB"
    )


def _pair(values: Sequence[float], digits: int) -> tuple[str, str, str]:
    ours, theirs = values
    return f"{ours:.{digits}f}", f"{theirs:.{digits}f}", f"{theirs / ours:.2f}x"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def new_recipes(folder: Path, count: int) -> None:
    """Ours over recipes none of which was seen before."""
    print(f"\n## Generate: {count} recipes, none seen before\n")
    print(f"{machine()}; one warm process per row, Unity, 72 shapes, 4 levels of detail, textures\n")
    rows, peaks, slow = [], [], []
    for title, make, before in (
        ("new bodies and faces, known outfits and looks", new_body, known),
        ("new outfits too, pictures known", new_outfit, painted),
        ("new skin, hair and cloth colours", new_colors, known),
    ):
        dice = random.Random(title)
        recipes = [make(dice, k) for k in range(count)]
        cache = folder / make.__name__
        first = ask("our_generate", {"before": before(recipes), "recipes": recipes}, cache=cache)
        runs = first["runs"]
        wall, cpu = ([r[key] for r in runs] for key in ("ms", "cpu"))
        wait = (f"{np.percentile(wall, q):.0f}" for q in (50, 95, 100))
        rows.append((title, *wait, f"{np.percentile(cpu, 50):.0f}"))
        peaks.append(first["peak"])
        stages = {s: statistics.median(r["stages"].get(s, 0.0) for r in runs) for s in runs[0]["stages"]}
        worst = max(runs, key=lambda r: r["ms"])["stages"]
        slow.append(f"- {title}: {_dearest(stages)}; the slowest: {_dearest(worst)}")
        if make is new_body:
            again = ask("our_generate", {"before": [], "recipes": recipes[:3]}, cache=cache)
            anew = ask("our_generate", {"before": [], "recipes": recipes[:1]}, cache=folder / "empty")
            same = all(a["sha"] == b["sha"] for a, b in zip(runs, again["runs"], strict=False))
            same = same and runs[0]["sha"] == anew["runs"][0]["sha"]
    print(table(("ms per avatar", "p50", "p95", "max", "processor p50"), rows))
    print(f"\npeak memory of these processes: {', '.join(f'{p:.0f}' for p in peaks)} MB")
    print(f"same SHA-256 in other processes, with a full and with an empty cache: {'yes' if same else 'NO'}")
    print("\nWhere the time goes (ms, median):\n" + "\n".join(slow))


def _dearest(stages: dict[str, float]) -> str:
    parts = sorted(((ms, s) for s, ms in stages.items() if s != "total"), reverse=True)[:7]
    return ", ".join(f"{s} {ms:.0f}" for ms, s in parts)


def known(recipes: list[Recipe]) -> list[Recipe]:
    """Every preset that the recipes use, as it is: outfits, looks and levels are known afterwards, the bodies not."""
    return [{"preset": p, "platform": "unity"} for p in dict.fromkeys(r["preset"] for r in recipes)]


def painted(recipes: list[Recipe]) -> list[Recipe]:
    """The recipes on other bodies and without levels: afterwards their pictures are known, their levels not."""
    return [{**r, "seed": 0, "body": {}, "lods": False} for r in recipes]


def new_body(dice: random.Random, k: int) -> Recipe:
    """A preset on a body of another build, with a face of its own. Age, sex and colours are the preset's."""
    names = list(load_presets())
    body = {name: round(dice.uniform(0.1, 0.9), 3) for name in FORM}
    preset = load_presets()[names[k % len(names)]]
    body["height"] = round(preset.recipe["body"].get("height", 1.7) * dice.uniform(0.93, 1.07), 3)
    return {"preset": preset.id, "platform": "unity", "seed": dice.randrange(1, 1 << 30), "body": body}


def new_outfit(dice: random.Random, k: int) -> Recipe:
    """The same in a random outfit."""
    recipe = new_body(dice, k)
    male = load_presets()[recipe["preset"]].recipe["body"]["gender"] >= 0.5
    fits = [i for i in ITEMS.values() if i.sex in ("any", "male" if male else "female")]

    def one(slot: str) -> str:
        return dice.choice([i.id for i in fits if i.slot == slot])

    outfit = [one("full")] if dice.random() < 0.4 else [one("top"), one("bottom")]
    if outfit[0] not in ("plate_armour", "tunic"):
        outfit.append(one("shoes"))
    return {**recipe, "outfit": outfit, "hair": {"style": one("hair")}}


def new_colors(dice: random.Random, k: int) -> Recipe:
    """A new body in a known outfit, with skin, hair, brows, eyes and every garment in new colours."""
    recipe = new_body(dice, k)

    def color() -> str:
        return f"#{dice.randrange(1 << 24):06x}"

    colors = {item: color() for item in load_presets()[recipe["preset"]].recipe["outfit"]} | {"eyes": color()}
    skin = {"tone": round(dice.random(), 4), "undertone": round(dice.uniform(-1, 1), 4)}
    return {**recipe, "skin": skin, "hair": {"color": color()}, "colors": colors}


if __name__ == "__main__":
    main()
