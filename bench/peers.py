"""Programs that we measure ourselves against, each in an environment of its own, and how both sides are run alike.

python bench/peers.py anny|axis   installs one of them

A worker is a script in bench/workers that runs under one side's Python: it reads a request (JSON file), writes an
answer (JSON file), and times only what its side does. Every worker has one thread.
"""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from avatar_foundry.pack.place import cache_dir, pack_path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = {"anny": ("torch==2.13.0", "anny==0.6.2"), "axis": ("axis-foundry==0.3.0",)}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")


def home() -> Path:
    """Where the peers live."""
    return cache_dir() / "bench"


def python_of(peer: str) -> Path:
    """The Python of the peer's environment, whether it is there or not."""
    return home() / peer / "bin" / "python"


def is_installed(peer: str) -> bool:
    """Whether the peer's environment was finished with the versions that are asked for here."""
    stamp = home() / peer / "installed"
    return stamp.exists() and stamp.read_text() == " ".join(REQUIREMENTS[peer])


def install(peer: str) -> None:
    """Build the peer's environment anew unless it is there."""
    if is_installed(peer):
        return
    print(f"installing {' and '.join(REQUIREMENTS[peer])} into {home() / peer}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(home() / peer)], check=True)
    pip = [str(python_of(peer)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for requirement in REQUIREMENTS[peer]:
        subprocess.run([*pip, requirement], check=True, cwd=home())
    (home() / peer / "installed").write_text(" ".join(REQUIREMENTS[peer]))


def environment(cache: Path | None = None) -> dict[str, str]:
    """This process's environment with one thread for all, the pack where it is, and peers' caches beside them."""
    own = {} if cache is None else {"AVATAR_FOUNDRY_CACHE": str(cache)}
    return {
        **os.environ,
        **ONE_THREAD,
        "AVATAR_FOUNDRY_PACK": str(pack_path()),
        "ANNY_CACHE_DIR": str(home() / "anny-data"),
        "WARP_CACHE_PATH": str(home() / "warp"),
        "EXPORT_HMAC_KEY": "bench",
        **own,
    }


def ask(worker: str, request: Mapping[str, Any], python: Path | None = None, cache: Path | None = None) -> Any:
    """What the worker answers. python: a peer's, else ours; cache: our cache, else the user's."""
    with tempfile.TemporaryDirectory() as folder:
        asked, answer = Path(folder) / "request.json", Path(folder) / "answer.json"
        asked.write_text(json.dumps(request))
        command = [str(python or sys.executable), str(HERE / "workers" / f"{worker}.py"), str(asked), str(answer)]
        done = subprocess.run(command, env=environment(cache), capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode or not answer.exists():
            sys.exit(f"{worker} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        return json.loads(answer.read_text())


class Run(NamedTuple):
    """One process from start to end: wall and processor time in seconds, largest resident size in MB."""

    wall: float
    cpu: float
    peak: float


def run_cold(command: Sequence[str], cache: Path | None = None) -> Run:
    """Run a command line as a user would."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=environment(cache), stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        if process.returncode:
            log.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{log.read().decode(errors='replace')[-4000:]}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * rss_unit() / 1e6)


def rss_unit() -> int:
    """Bytes per unit of ru_maxrss."""
    return 1 if sys.platform == "darwin" else 1024


def peak_of_self() -> float:
    """Largest resident size of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * rss_unit() / 1e6


def machine() -> str:
    """What the figures were taken on, in one line; a busy machine is told."""
    busy = os.getloadavg()[0]
    note = f", BUSY: load {busy:.1f} before the start" if busy > 0.5 else ""
    return f"{os.cpu_count()} cores {platform.machine()}, Python {platform.python_version()}{note}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, columns aligned: words left, figures right."""
    widths = [max(len(r[i]) for r in (head, *rows)) for i in range(len(head))]
    lines = [
        [h.ljust(w) if i == 0 else h.rjust(w) for i, (h, w) in enumerate(zip(r, widths, strict=True))]
        for r in (head, *rows)
    ]
    rule = ["-" * w if i == 0 else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (lines[0], rule, *lines[1:]))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        install(name)
    if "anny" in sys.argv[1:]:
        print("preparing anny's data (about two minutes, once)", flush=True)
        ask("anny_body", {"cases": [], "details": True, "check": []}, python_of("anny"))
