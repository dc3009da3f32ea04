"""How well clothes sit: share of garment vertices inside the body, over random bodies and outfits.

usage: python scripts/measure_clothing.py [--bodies 200] [--seed 1] [--raw] [--worst 8]
"""

import argparse
import time
from collections import defaultdict

import numpy as np

from avatar_foundry.avatar import F32, Part
from avatar_foundry.body import body_part, evaluate
from avatar_foundry.wardrobe import ITEMS, by_slot, fit, hide_covered, settle, underwear_for
from avatar_foundry.wardrobe.audit import depth_inside

Values = dict[str, float]


def random_body(rng: np.random.Generator) -> Values:
    """A body anywhere in the range of the sliders."""
    origins = rng.dirichlet([1, 1, 1])
    values = {
        f"body.{n}": float(rng.random()) for n in ("gender", "weight", "muscle", "proportions", "bust", "firmness")
    }
    values |= {f"body.{n}": float(v) for n, v in zip(("african", "asian", "caucasian"), origins, strict=True)}
    return values | {"body.age": float(rng.uniform(6, 85))}


def random_outfit(rng: np.random.Generator, values: Values) -> tuple[str, ...]:
    """A full outfit or a top and a bottom, shoes, and underwear below."""

    def one(slot: str) -> str:
        items = [i.id for i in by_slot(slot) if i.asset]
        return items[int(rng.integers(len(items)))]

    worn = (one("full"),) if rng.random() < 0.6 else (one("top"), one("bottom"))
    return (underwear_for(values["body.age"], values["body.gender"]), *worn, one("shoes"))


def dress(base: F32, outfit: tuple[str, ...], raw: bool) -> tuple[Part, ...]:
    """Body and garments, settled unless raw, with what is covered hidden."""
    parts: tuple[Part, ...] = (body_part(base), *(p for item in outfit for p in fit(item, base)))
    return hide_covered(parts if raw else settle(base, parts))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bodies", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--raw", action="store_true", help="do not settle")
    parser.add_argument("--worst", type=int, default=8)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    total, deep, spent = 0, 0, 0.0
    by_part: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    worst: list[tuple[float, str]] = []
    for _ in range(arguments.bodies):
        values = random_body(rng)
        outfit = random_outfit(rng, values)
        base = evaluate(values)
        start = time.perf_counter()
        parts = dress(base, outfit, arguments.raw)
        spent += time.perf_counter() - start
        for part in parts[1:]:
            if ITEMS[part.name.split(".")[0]].slot == "underwear" or not len(part.mesh.faces):
                continue
            inside = depth_inside(base, parts[0], part)
            bad = int((inside > 0.003).sum())
            total, deep = total + len(inside), deep + bad
            by_part[part.name][0] += len(inside)
            by_part[part.name][1] += bad
            worst.append(
                (
                    float(inside.max(initial=0)),
                    f"{part.name} on {{{', '.join(f'{k[5:]}: {v:.2f}' for k, v in values.items())}}}",
                )
            )
    print(f"{deep} of {total} vertices deeper than 3 mm: {100 * deep / max(total, 1):.3f} %")
    print(f"dressing {1000 * spent / max(arguments.bodies, 1):.1f} ms each, first-use work included")
    for name, (n, bad) in sorted(by_part.items(), key=lambda e: -e[1][1] / e[1][0])[: arguments.worst]:
        print(f"  {name:38s} {100 * bad / n:6.2f} %")
    for depth, text in sorted(worst, reverse=True)[: arguments.worst]:
        print(f"  {1000 * depth:6.1f} mm {text}")


if __name__ == "__main__":
    main()
