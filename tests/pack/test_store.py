"""Building, opening and checking the pack of a machine."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.pack.conftest import Tiny

from avatar_foundry import pack as package
from avatar_foundry.errors import PackError
from avatar_foundry.pack import Pack, build, compiler, info, open_pack, pack_path, place, store, verify
from avatar_foundry.pack.container import encode


def built(tiny_sources: Tiny) -> Path:
    return build(tiny_sources.folder)


def contents(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and p.name != ".lock")


def test_build_makes_the_pack_and_opens_it(home: Path, tiny_sources: Tiny) -> None:
    said: list[str] = []
    path = build(tiny_sources.folder, lambda title, fraction: said.append(title))
    assert path == pack_path()
    assert path.read_bytes() == tiny_sources.content
    assert open_pack() is open_pack()
    assert said[0] == "Compile the body"
    assert said[-1] == "Check the pack"
    assert contents(home) == [path.name, path.name + ".stamp"]


def test_a_second_build_does_nothing(home: Path, tiny_sources: Tiny) -> None:
    before = built(tiny_sources).stat()
    assert build("/nowhere").stat().st_ino == before.st_ino


def test_force_builds_again(home: Path, tiny_sources: Tiny) -> None:
    before = built(tiny_sources).stat()
    assert build(tiny_sources.folder, force=True).stat().st_ino != before.st_ino


def test_info_counts_what_is_there(home: Path, tiny_sources: Tiny) -> None:
    path = built(tiny_sources)
    found = info()
    assert found["path"] == str(path)
    assert found["bytes"] == len(tiny_sources.content)
    assert (found["targets"], found["assets"], found["skins"]) == (2, 55, 18)
    assert found["digest"] == verify()


def test_a_missing_pack_is_an_error_with_a_hint(home: Path) -> None:
    for ask in (open_pack, info, verify):
        with pytest.raises(PackError, match="no data pack") as caught:
            ask()
        assert "pack build" in caught.value.hint


@pytest.mark.parametrize("place_", [70, 5000, -70])
def test_a_damaged_pack_is_never_used_and_built_again(home: Path, tiny_sources: Tiny, place_: int) -> None:
    path = built(tiny_sources)
    damage(path, place_)
    store.forget()
    with pytest.raises(PackError, match="damaged"):
        open_pack()
    with pytest.raises(PackError, match="damaged"):
        verify()
    assert built(tiny_sources).read_bytes() == tiny_sources.content
    open_pack()


def damage(path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


def test_the_hash_is_computed_once_and_remembered(
    home: Path, tiny_sources: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(tiny_sources)
    store.forget()
    monkeypatch.setattr(Pack, "hash_content", lambda self: pytest.fail("hashed again"))
    open_pack()


def test_a_stamp_of_other_bytes_does_not_count(home: Path, tiny_sources: Tiny) -> None:
    path = built(tiny_sources)
    path.with_name(path.name + ".stamp").write_text("{}")
    store.forget()
    assert open_pack().digest


def test_a_folder_that_cannot_be_written_only_costs_the_stamp(
    home: Path, tiny_sources: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = built(tiny_sources)
    stamp = path.with_name(path.name + ".stamp")
    stamp.unlink()
    stamp.mkdir()  # in the way of the rename
    store.forget()
    assert open_pack().digest


def test_a_pack_of_another_compiler_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(encode({}, {}, {"compiler": compiler.COMPILER + 1}))
    monkeypatch.setenv("AVATAR_FOUNDRY_PACK", str(other))
    with pytest.raises(PackError, match="another version"):
        open_pack()


def test_a_pack_that_lacks_something_does_not_pass(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(encode({}, {}, {"compiler": compiler.COMPILER, "base": {"groups": []}}))
    monkeypatch.setenv("AVATAR_FOUNDRY_PACK", str(other))
    with pytest.raises(PackError, match="lacks something"):
        verify()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_build_leaves_nothing_half_made(
    home: Path, tiny_sources: Tiny, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    def interrupted(pack: Pack) -> None:
        raise stop

    with monkeypatch.context() as patch:
        patch.setattr(store, "check_content", interrupted)
        with pytest.raises(stop):
            built(tiny_sources)
    assert contents(home) == []
    assert built(tiny_sources).read_bytes() == tiny_sources.content


def test_what_a_killed_build_left_is_swept(home: Path, tiny_sources: Tiny) -> None:
    folder = pack_path().parent
    folder.mkdir(parents=True)
    (folder / f"{pack_path().name}.1.ab.part").write_bytes(b"half")
    path = built(tiny_sources)
    assert contents(home) == [path.name, path.name + ".stamp"]


def test_a_full_disk_is_said_so(home: Path, tiny_sources: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(PackError, match="disk is full") as caught:
        built(tiny_sources)
    assert "AVATAR_FOUNDRY_CACHE" in caught.value.hint


def test_a_cache_that_is_a_file_is_said_so(
    tiny_sources: Tiny, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("AVATAR_FOUNDRY_CACHE", str(tmp_path / "file"))
    with pytest.raises(PackError, match="failed"):
        built(tiny_sources)


def test_the_lock_keeps_a_second_process_out(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from avatar_foundry.pack.place import only_one\n"
        "print('up', flush=True)\n"
        "with only_one(Path(sys.argv[1]), lambda: print('wait', flush=True)): print('in', flush=True)"
    )
    with place.only_one(tmp_path):
        other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        assert other.stdout.readline() == "up\n"
        assert other.stdout.readline() == "wait\n"
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(0.2)
    assert other.communicate(timeout=20)[0] == "in\n"


def test_where_things_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AVATAR_FOUNDRY_PACK", raising=False)
    monkeypatch.setenv("AVATAR_FOUNDRY_CACHE", "/a")
    assert place.cache_dir() == Path("/a")
    monkeypatch.delenv("AVATAR_FOUNDRY_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert place.cache_dir() == Path("/x/avatar-foundry")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert place.cache_dir() == Path.home() / ".cache" / "avatar-foundry"
    assert pack_path().parent == place.cache_dir() / "packs"
    monkeypatch.setenv("AVATAR_FOUNDRY_PACK", "/p")
    assert pack_path() == Path("/p")


def test_the_names_are_sorted_and_there() -> None:
    assert sorted(package.__all__) == package.__all__
    assert all(hasattr(package, name) for name in package.__all__)
