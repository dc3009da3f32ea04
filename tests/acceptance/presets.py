"""Each preset on one platform, so that every platform comes up; small pictures, since shapes are judged."""

from typing import Any

from avatar_foundry.platforms import PLATFORMS

# Roblox's files are judged by tests/roblox: fifteen meshes about a root of their own, faces moved by bones.
JUDGED = tuple(sorted(set(PLATFORMS) - {"roblox"}))
# Written out, so that a new platform takes one preset's place and leaves the other goldens as they are.
ROTATION = {
    "athletic": "blender",
    "average": "godot",
    "business": "unity",
    "casual": "unreal",
    "child": "vrchat",
    "elder": "vrm",
    "elf": "web",
    "mage": "ar",
    "slim": "mixamo",
    "stocky": "unity",
    "warrior": "unreal",
    "worker": "vrchat",
}


def asked(preset: str) -> dict[str, Any]:
    """The request for `preset`."""
    return {"preset": preset, "platform": ROTATION[preset], "texture_size": 256, "lods": False}
