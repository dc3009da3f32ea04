"""Random recipes over the whole parameter space, one per seed, the same on every machine."""

import random
from typing import Any

from avatar_foundry.body import PARAMETERS
from avatar_foundry.presets import load_presets
from avatar_foundry.wardrobe import ITEMS, by_slot

from .presets import JUDGED

WORN = ("hat", "top", "bottom", "full", "shoes", "hands", "cape")
WORDS = (
    "tall athletic male",
    "a short stout woman with red hair",
    "very old slim elf",
    "no shoes",
    "black boots",
    "🙂 ok",
)


def recipe(number: int) -> dict[str, Any]:
    """Recipe `number`: every item, platform, pose and switch comes up, parameters often at their bounds."""
    dice = random.Random(7919 * number + 11)
    asked: dict[str, Any] = {
        "platform": JUDGED[number % len(JUDGED)],
        "texture_size": dice.choice((256, 256, 256, 512, 512, 1024)) if number % 25 else 2048,
        "texture_format": dice.choice(("auto", "png", "jpeg", "webp")),
        "pose": dice.choice("TA"),
        "lods": number % 4 == 0,
        "no_face": dice.random() < 0.15,
        "morph_targets": dice.random() < 0.85,
        "atlas": dice.choice((None, True, False)),
        "compression": dice.choices(("none", "meshopt", "draco"), (70, 22, 8))[0],
        "seed": dice.choice((0, 1, 2**53, dice.randrange(2**40))),
    }
    if asked["platform"] in ("vrm", "vrchat"):
        asked["pose"] = "T"  # VRM demands it
    if dice.random() < 0.2:
        asked["preset"] = dice.choice(sorted(load_presets()))
    if dice.random() < 0.15:
        asked["prompt"] = dice.choice(WORDS)
    style = dice.choice(("few", "all", "corner"))
    for key, p in PARAMETERS.items():
        section, _, name = key.partition(".")
        if key == "body.height" and dice.random() < 0.5:
            continue
        if style == "few" and dice.random() < 0.85:
            continue
        edge = style == "corner" or dice.random() < 0.15
        value = dice.choice((p.minimum, p.maximum)) if edge else dice.uniform(p.minimum, p.maximum)
        asked.setdefault(section, {})[name] = value
    if dice.random() < 0.3:
        asked.setdefault("body", {})["age"] = float(dice.choice((1, 3, 7, 12, 17, 17.99, 18, 25, 60, 90)))
    asked["skin"] = {k: dice.choice((0.0, 1.0, dice.random())) for k in ("tone", "redness", "freckles")}
    asked["skin"]["undertone"] = dice.uniform(-1, 1)
    asked["hair"] = {
        "style": dice.choice(["none", *(i.id for i in by_slot("hair"))]),
        "brows": dice.choice(by_slot("brows")).id,
        "lashes": dice.choice(by_slot("lashes")).id,
        "color": _colour(dice),
        "stubble": dice.choice((0.0, 1.0)),
    }
    worn = [i for i in ITEMS.values() if i.slot in WORN]
    outfit = [worn[number % len(worn)].id, *(i.id for i in dice.sample(worn, dice.randrange(4)))]
    if dice.random() < 0.9:
        asked["outfit"] = outfit
    asked["colors"] = {k: _colour(dice) for k in ("eyes", "lips", "underwear", *outfit) if dice.random() < 0.5}
    return {k: v for k, v in asked.items() if v is not None}


def _colour(dice: random.Random) -> str:
    return f"#{dice.randrange(1 << 24):06x}"
