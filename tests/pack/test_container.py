"""The file format: what goes in comes out, and no damaged or lying file is ever used."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avatar_foundry.errors import PackError
from avatar_foundry.pack.container import HEADER, MAGIC, VERSION, Pack, encode

ARRAYS = {
    "numbers": np.arange(12, dtype=np.float32).reshape(3, 4),
    "flags": np.array([True, False]),
    "steps": np.array([-1, 2], np.int16),
    "none": np.zeros((0, 3), np.int32),
}
BLOBS = {"a.png": b"picture", "same.png": b"picture", "empty": b""}
META = {"names": ["x", "y"]}


@pytest.fixture
def content() -> bytes:
    return encode(ARRAYS, BLOBS, META)


def opened(tmp_path: Path, content: bytes) -> Pack:
    path = tmp_path / "file"
    path.write_bytes(content)
    return Pack(path)


def test_everything_comes_back(tmp_path: Path, content: bytes) -> None:
    pack = opened(tmp_path, content)
    for name, a in ARRAYS.items():
        np.testing.assert_array_equal(pack.array(name), a)
        assert pack.array(name).dtype == a.dtype
    assert {name: pack.blob(name) for name in pack.blobs} == BLOBS
    assert pack.meta == META
    assert pack.hash_content() == pack.digest == hashlib.sha256(content[64:]).hexdigest()


def test_arrays_are_read_only_aligned_views(tmp_path: Path, content: bytes) -> None:
    a = opened(tmp_path, content).array("numbers")
    assert not a.flags.writeable
    assert a.ctypes.data % 64 == 0
    with pytest.raises(ValueError, match="read-only"):
        a[0, 0] = 1


def test_the_order_of_insertion_does_not_matter(content: bytes) -> None:
    turned = encode(dict(reversed(ARRAYS.items())), dict(reversed(BLOBS.items())), META)
    assert turned == content


def test_equal_contents_are_stored_once() -> None:
    once = encode({}, {"a": bytes(5000)}, {})
    assert len(encode({}, {"a": bytes(5000), "b": bytes(5000)}, {})) < len(once) + 200


def test_unknown_names_are_key_errors(tmp_path: Path, content: bytes) -> None:
    pack = opened(tmp_path, content)
    with pytest.raises(KeyError):
        pack.array("a.png")
    with pytest.raises(KeyError):
        pack.blob("numbers")


@pytest.mark.parametrize("length", [0, 1, 63, 64, 70, 200, -1])
def test_a_cut_off_file_is_refused(tmp_path: Path, content: bytes, length: int) -> None:
    with pytest.raises(PackError):
        opened(tmp_path, content[:length])


def test_a_longer_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PackError, match="bytes and should have"):
        opened(tmp_path, content + b"x")


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="not a pack"):
        opened(tmp_path, bytes(1000))


def test_a_folder_or_a_missing_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(PackError):
            Pack(path)


def test_another_version_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PackError, match="format"):
        opened(tmp_path, content[:8] + b"\x09" + content[9:])


def with_index(content: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The file with a changed index, whole and with a right hash otherwise."""
    size = HEADER.unpack_from(content)[3]
    index = json.loads(content[64 : 64 + size])
    change(index)
    raw = json.dumps(index).encode()
    body = raw + bytes(4096 - len(raw)) + content[64:]
    return HEADER.pack(MAGIC, VERSION, 0, len(raw), 64 + len(body), hashlib.sha256(body).digest()) + body


@pytest.mark.parametrize(
    "entry",
    [
        ["float32", [3, 4], 10**9],
        ["float32", [3, 4], -64],
        ["float32", [3, 4], 0],
        ["float32", [3, 4], 4161],
        ["float32", [10**6, 10**6], 4224],
        ["float32", [-3, -4], 4224],
        ["float32", [2**62, 4], 4224],
        ["float32", [True, 4], 4224],
        ["float32", [1.5], 4224],
        ["float32", [1] * 5, 4224],
        ["object", [1], 4224],
        ["float32", "33", 4224],
        ["float32", [3]],
        None,
    ],
)
def test_lying_entries_are_refused(tmp_path: Path, content: bytes, entry: object) -> None:
    with pytest.raises(PackError, match="index makes no sense"):
        opened(tmp_path, with_index(content, lambda index: index["arrays"].update(numbers=entry)))


@pytest.mark.parametrize("entry", [[0, 10], [4200, 10**12], [-1, 3], [4200, -1], ["a", 1], 7])
def test_lying_blobs_are_refused(tmp_path: Path, content: bytes, entry: object) -> None:
    with pytest.raises(PackError, match="index makes no sense"):
        opened(tmp_path, with_index(content, lambda index: index["blobs"].update(empty=entry)))


@pytest.mark.parametrize("raw", [b"[" * 2000, b"[]", b"{}", b"\xff", b'{"arrays":{},"blobs":{},"meta":[]}'])
def test_nonsense_as_index_is_refused(tmp_path: Path, raw: bytes) -> None:
    header = HEADER.pack(MAGIC, VERSION, 0, len(raw), 64 + len(raw), hashlib.sha256(raw).digest())
    with pytest.raises(PackError, match="index makes no sense"):
        opened(tmp_path, header + raw)


def test_an_index_longer_than_the_file_is_refused(tmp_path: Path, content: bytes) -> None:
    lie = HEADER.pack(MAGIC, VERSION, 0, 2**40, len(content), content[32:64])
    with pytest.raises(PackError, match="index does not fit"):
        opened(tmp_path, lie + content[64:])
