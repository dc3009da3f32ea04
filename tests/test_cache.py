"""The cache gives back what was made, and never fails because of the disk."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_foundry import cache
from avatar_foundry.cache import SMALL, STAMP, Memory, cached_arrays, cached_bytes, file_of, read, trim, write


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AVATAR_FOUNDRY_CACHE", str(tmp_path))
    cache.MEMORY.clear()
    yield
    cache.MEMORY.clear()


def counted(content: bytes) -> tuple[list[int], Callable[[], bytes]]:
    calls: list[int] = []

    def make() -> bytes:
        calls.append(1)
        return content

    return calls, make


def only_file(folder: Path) -> Path:
    (path,) = (p for p in folder.rglob("*") if p.is_file())
    return path


def test_makes_once_and_keeps_in_memory() -> None:
    calls, make = counted(b"skin")
    assert [cached_bytes("a", make) for _ in range(3)] == [b"skin"] * 3
    assert len(calls) == 1


def test_finds_it_on_disk_when_memory_forgot() -> None:
    calls, make = counted(b"skin")
    cached_bytes("a", make)
    cache.MEMORY.clear()
    assert cached_bytes("a", make) == b"skin"
    assert len(calls) == 1


def test_other_keys_and_other_engines_are_other_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, make = counted(b"skin")
    cached_bytes("a", make)
    cached_bytes("b", make)
    monkeypatch.setattr(cache, "engine", lambda: "another")
    cached_bytes("a", make)
    assert len(calls) == 3


def test_empty_content_is_kept_too() -> None:
    calls, make = counted(b"")
    cached_bytes("a", make)
    cache.MEMORY.clear()
    assert cached_bytes("a", make) == b""
    assert len(calls) == 1


@pytest.mark.parametrize("damage", [lambda raw: raw[:-1], lambda raw: raw[:8], lambda raw: raw + b"x", lambda raw: b""])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    calls, make = counted(b"skin" * 100)
    cached_bytes("a", make)
    path = only_file(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    cache.MEMORY.clear()
    assert cached_bytes("a", make) == b"skin" * 100
    assert len(calls) == 2


def test_a_cache_that_cannot_be_written_still_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_bytes(b"")
    monkeypatch.setenv("AVATAR_FOUNDRY_CACHE", str(in_the_way))
    assert cached_bytes("a", lambda: b"skin") == b"skin"


def test_a_full_disk_leaves_no_part_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert cached_bytes("a", lambda: b"skin") == b"skin"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_an_error_of_make_is_passed_on_and_not_kept() -> None:
    def fail() -> bytes:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cached_bytes("a", fail)
    assert cached_bytes("a", lambda: b"ok") == b"ok"


def test_trim_removes_the_oldest_and_stays_below_the_limit(tmp_path: Path) -> None:
    names = [f"{n:064x}" for n in range(10)]
    for age, name in enumerate(names):
        write(tmp_path, name, bytes(968))
        os.utime(file_of(tmp_path, name), (1000 + age, 1000 + age))
    assert read(tmp_path, names[0]) == bytes(968)  # read again: now the youngest
    assert trim(tmp_path, 5000) <= 5000
    left = [name for name in names if file_of(tmp_path, name).exists()]
    assert left == [names[0], *names[-3:]]


def test_trim_of_a_missing_folder_is_nothing(tmp_path: Path) -> None:
    assert trim(tmp_path / "none", 10) == 0


def test_memory_drops_the_least_recently_used() -> None:
    memory = Memory(100)
    for name in "abcd":
        memory.put(name, bytes(25))
    memory.get("a")
    memory.put("e", bytes(25))
    assert [name for name in "abcde" if memory.get(name) is not None] == list("acde")
    assert memory.size == 100


def test_memory_refuses_what_would_empty_it() -> None:
    memory = Memory(100)
    memory.put("a", bytes(20))
    memory.put("b", bytes(26))
    assert memory.get("a") is not None
    assert memory.get("b") is None


def test_memory_counts_a_replaced_entry_once() -> None:
    memory = Memory(100)
    memory.put("a", bytes(20))
    memory.put("a", bytes(10))
    assert memory.size == 10


def test_threads_that_ask_at_once_all_get_it() -> None:
    answers: list[bytes] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(cached_bytes(f"{n % 3}", lambda: bytes([n % 3]))))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [bytes([n]) for n in (0, 1, 2) for _ in range(4)]


ARRAYS: dict[str, NDArray[Any]] = {
    "big": np.arange(SMALL, dtype=np.float32).reshape(-1, 4),
    "none": np.zeros((0, 3), np.uint8),
    "bits": np.array([True, False]),
    "one": np.array(2.5, np.float32),
}


@pytest.mark.parametrize("names", [("big", "none", "bits", "one"), ("none", "bits", "one")])
def test_arrays_come_back_equal_and_read_only(names: tuple[str, ...]) -> None:
    arrays = {name: ARRAYS[name] for name in names}
    makes: list[Callable[[], dict[str, NDArray[Any]]]] = [lambda: arrays, dict]
    for make in makes:
        cache.MEMORY.clear()
        found = cached_arrays("a", make)
        assert list(found) == list(names)
        for name in names:
            assert found[name].dtype == arrays[name].dtype
            assert np.array_equal(found[name], arrays[name])
            assert found[name].shape == arrays[name].shape
            assert not found[name].flags.writeable


@pytest.mark.parametrize("damage", [lambda raw: raw[:-1], lambda raw: b"", lambda raw: raw[:99] + b"x" + raw[100:]])
def test_damaged_arrays_are_made_again(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    cached_arrays("a", lambda: ARRAYS)
    (path,) = (p for p in tmp_path.rglob("*.bin") if p.is_file())
    assert path.with_suffix(STAMP).is_file()
    path.write_bytes(damage(path.read_bytes()))
    found = cached_arrays("a", lambda: {"new": np.ones(3)})
    assert list(found) == ["new"]


def test_arrays_without_a_disk_still_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_bytes(b"")
    monkeypatch.setenv("AVATAR_FOUNDRY_CACHE", str(in_the_way))
    assert np.array_equal(cached_arrays("a", lambda: ARRAYS)["big"], ARRAYS["big"])
