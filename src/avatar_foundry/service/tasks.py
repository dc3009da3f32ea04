"""What worker processes run: JSON in, files out, a JSON answer back; nothing else crosses."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..build import build
from ..pack import open_pack
from .store import Store


def warm() -> None:
    """Make a worker ready: open the pack, load the kernels, fill the caches that every avatar needs."""
    open_pack()
    build({"preset": "average", "platform": "unity"})


def generate(recipe: Mapping[str, Any], data_dir: str) -> dict[str, Any]:
    """Build `recipe`, keep its files in the store at `data_dir`, return the answer."""
    result = build(recipe)
    store = Store(Path(data_dir))
    for file in result.answer["files"]:
        store.put(file["sha256"], result.files[file["name"]])
    return dict(result.answer)
