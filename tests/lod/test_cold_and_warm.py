"""Levels made with nothing in the cache are those that a full cache gives, in another process too."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from avatar_foundry.pack import Pack, open_pack

PROGRAM = """
import hashlib
from avatar_foundry.lod import item_ladder
from avatar_foundry.wardrobe import fit
from avatar_foundry.wardrobe.neutral import neutral_base
digest = hashlib.sha256()
for item in ("eyes_simple", "teeth", "sneakers", "bob_straight"):
    for part in fit(item, neutral_base()):
        for rung in item_ladder(part).rungs:
            for array in (*rung[:4], *rung.probes[:3], rung.host, rung.heir):
                digest.update(b"-" if array is None else array.tobytes())
print(digest.hexdigest())
"""


def run(cache: Path) -> str:
    found = {"AVATAR_FOUNDRY_CACHE": str(cache), "AVATAR_FOUNDRY_PACK": str(open_pack().path)}
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **found}, capture_output=True, text=True, check=True
    )
    return made.stdout.strip()


def test_an_empty_and_a_warm_cache_give_the_same_levels(tmp_path: Path, pack: Pack) -> None:
    cold = run(tmp_path / "one")
    assert len(cold) == len(hashlib.sha256().hexdigest())
    assert run(tmp_path / "one") == cold
    assert run(tmp_path / "two") == cold
    assert list((tmp_path / "one" / "content").iterdir())
