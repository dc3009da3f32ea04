"""A pack goes to another machine in one file, and nothing in that file is trusted."""

import hashlib
import lzma
from pathlib import Path

import numpy as np
import pytest
from tests.pack.conftest import Tiny

from avatar_foundry.errors import PackError
from avatar_foundry.pack import Pack, build, export, import_, open_pack, pack_path, store, transfer, verify
from avatar_foundry.pack.container import HEADER, MAGIC, VERSION, encode


@pytest.fixture(scope="session")
def export_bytes(tiny_sources: Tiny, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("export")
    (folder / "pack").write_bytes(tiny_sources.content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVATAR_FOUNDRY_PACK", str(folder / "pack"))
        return export(folder / "pack.xz").read_bytes()


@pytest.fixture
def exported(export_bytes: bytes, tmp_path: Path) -> Path:
    (tmp_path / "pack.xz").write_bytes(export_bytes)
    return tmp_path / "pack.xz"


@pytest.fixture
def elsewhere(home: Path) -> Path:
    """The cache of a machine that has no pack yet."""
    return home


def left(folder: Path) -> list[str]:
    return [p.name for p in folder.rglob("*") if p.is_file() and p.name != ".lock"]


def test_export_and_import_give_the_same_pack(exported: Path, elsewhere: Path, tiny_sources: Tiny) -> None:
    assert exported.stat().st_size < len(tiny_sources.content) / 2
    assert import_(exported) == pack_path()
    assert pack_path().read_bytes() == tiny_sources.content
    assert verify() == open_pack().digest


def test_export_gives_the_same_bytes_each_time(
    home: Path, tiny_sources: Tiny, export_bytes: bytes, tmp_path: Path
) -> None:
    build(tiny_sources.folder)
    assert export(tmp_path / "again.xz").read_bytes() == export_bytes


def test_a_pack_that_is_not_compressed_is_taken_too(elsewhere: Path, tiny_sources: Tiny, tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(tiny_sources.content)
    import_(tmp_path / "plain")
    assert verify()


def test_a_damaged_pack_is_not_exported(home: Path, tiny_sources: Tiny, tmp_path: Path) -> None:
    path = build(tiny_sources.folder)
    raw = bytearray(path.read_bytes())
    raw[-70] ^= 1
    path.write_bytes(raw)
    with pytest.raises(PackError, match="damaged"):
        export(tmp_path / "pack.xz")
    assert not (tmp_path / "pack.xz").exists()


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.999])
def test_a_cut_off_export_is_refused(exported: Path, elsewhere: Path, part: float) -> None:
    raw = exported.read_bytes()
    exported.write_bytes(raw[: int(len(raw) * part)])
    with pytest.raises(PackError):
        import_(exported)
    assert left(elsewhere) == []


@pytest.mark.parametrize("part", [0.0001, 0.3, 0.6, 0.9])
def test_a_flipped_bit_is_refused(exported: Path, elsewhere: Path, part: float) -> None:
    raw = bytearray(exported.read_bytes())
    raw[int(len(raw) * part)] ^= 4
    exported.write_bytes(raw)
    with pytest.raises(PackError):
        import_(exported)
    assert left(elsewhere) == []


def test_a_bomb_is_stopped_at_the_stated_size(exported: Path, elsewhere: Path, tmp_path: Path) -> None:
    header = HEADER.pack(MAGIC, VERSION, 0, 10, 1000, bytes(32))
    (tmp_path / "bomb").write_bytes(lzma.compress(header + bytes(3 << 20), preset=1))
    with pytest.raises(PackError, match="more than it states"):
        import_(tmp_path / "bomb")
    assert left(elsewhere) == []


def test_an_absurd_size_is_refused_at_once(exported: Path, elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / "huge").write_bytes(lzma.compress(HEADER.pack(MAGIC, VERSION, 0, 10, 2**60, bytes(32))))
    with pytest.raises(PackError, match="states"):
        import_(tmp_path / "huge")


@pytest.mark.parametrize("raw", [b"", b"hello", lzma.compress(b""), lzma.compress(bytes(500)), bytes(500)])
def test_other_files_are_refused(exported: Path, elsewhere: Path, tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "other").write_bytes(raw)
    with pytest.raises(PackError):
        import_(tmp_path / "other")


def test_a_missing_file_is_an_error(home: Path, tmp_path: Path) -> None:
    with pytest.raises(PackError, match="failed"):
        import_(tmp_path / "none")


def changed(tiny_sources: Tiny, tmp_path: Path, name: str, value: np.ndarray) -> Path:  # type: ignore[type-arg]
    """A well-formed pack with a right hash in which one array is another."""
    (tmp_path / "whole").write_bytes(tiny_sources.content)
    pack = Pack(tmp_path / "whole")
    arrays = {n: pack.array(n) for n in pack.arrays} | {name: value}
    blobs = {n: pack.blob(n) for n in pack.blobs}
    path = tmp_path / "changed"
    path.write_bytes(encode(arrays, blobs, pack.meta))
    return path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base/faces", np.full((2, 4), 19158, np.int32)),
        ("base/faces", np.full((2, 4), -1, np.int32)),
        ("base/faces", np.zeros((2, 3), np.int32)),
        ("base/faces", np.zeros((0, 4), np.int32)),
        ("base/positions", np.full((19158, 3), np.nan, np.float32)),
        ("base/positions", np.zeros((5, 3), np.float32)),
        ("base/face_group", np.array([0, 9], np.uint8)),
        ("targets/index", np.full(4, 65535, np.uint16)),
        ("targets/offsets", np.array([0, 9, 4], np.int64)),
        ("targets/offsets", np.array([0, 2, 400], np.int64)),
        ("targets/offsets", np.array([0, 4], np.int64)),
        ("targets/delta", np.zeros((3, 3), np.int16)),
        ("rigs/default/weight_bone", np.array([0, 1, 2], np.int16)),
        ("assets/hair/bob01/refs", np.full((4, 3), 20000, np.int32)),
        ("assets/hair/bob01/weights", np.full((4, 3), np.inf, np.float32)),
        ("assets/hair/bob01/hides", np.ones(4, np.bool_)),
    ],
)
def test_lies_in_the_content_are_found(
    exported: Path,
    elsewhere: Path,
    tiny_sources: Tiny,
    tmp_path: Path,
    name: str,
    value: np.ndarray,  # type: ignore[type-arg]
) -> None:
    with pytest.raises(PackError, match="not usable"):
        import_(changed(tiny_sources, tmp_path, name, value))
    assert left(elsewhere) == []


def test_a_failed_import_keeps_the_pack_that_was_there(home: Path, tiny_sources: Tiny, tmp_path: Path) -> None:
    build(tiny_sources.folder)
    before = hashlib.sha256(pack_path().read_bytes()).digest()
    (tmp_path / "other").write_bytes(b"hello")
    with pytest.raises(PackError):
        import_(tmp_path / "other")
    assert hashlib.sha256(pack_path().read_bytes()).digest() == before
    store.forget()
    open_pack()


def test_progress_reaches_one(exported: Path, elsewhere: Path) -> None:
    told: list[float] = []
    import_(exported, lambda title, fraction: told.append(fraction))
    assert told[-1] == 1.0
    assert transfer.CHUNK == 1 << 20
