"""Each preset on one platform, so that every platform comes up; small pictures, since shapes are judged."""

from typing import Any

from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.presets import load_presets

ROTATION = {preset: sorted(PLATFORMS)[i % len(PLATFORMS)] for i, preset in enumerate(sorted(load_presets()))}


def asked(preset: str) -> dict[str, Any]:
    """The request for `preset`."""
    return {"preset": preset, "platform": ROTATION[preset], "texture_size": 256, "lods": False}
