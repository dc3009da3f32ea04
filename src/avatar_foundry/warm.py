"""Fill the caches before the first request: what every avatar needs and the presets ask for."""

import hashlib
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed

from .cache import engine
from .pack import cache_dir, open_pack
from .presets import load_presets

Progress = Callable[[str, float], None]


def warm(progress: Progress = lambda title, fraction: None, workers: int | None = None) -> bool:
    """Build every preset once, on all cores, for its textures, maps and levels of detail to be kept.

    Returns whether there was anything to do: a second call with the same engine and pack does nothing.
    """
    stamp = cache_dir() / "warm" / hashlib.sha256(f"{engine()} {open_pack().digest}".encode()).hexdigest()[:32]
    if stamp.exists():
        return False
    presets = sorted(load_presets())
    # The first build makes what all others share (skin maps above all); only then does it pay to go parallel.
    progress("Make skins", 0.0)
    _build(presets[0])
    count = min(workers or os.cpu_count() or 1, len(presets) - 1)
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("forkserver")) as pool:
        futures = [pool.submit(_build, preset) for preset in presets[1:]]
        for done, future in enumerate(as_completed(futures), start=1):
            progress(f"Make {future.result()}", done / len(futures))
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()
    return True


def _build(preset: str) -> str:
    from .build import build

    build({"preset": preset, "platform": "unity"})
    return preset
