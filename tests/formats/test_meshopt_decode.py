"""The decoder gives what the encoder was given, codec by codec, and the independent decoder agrees on filters."""

import contextlib

import meshopt
import numpy as np
import pytest

from avatar_foundry.errors import SourceError
from avatar_foundry.formats.meshopt_decode import decode
from avatar_foundry.geometry import meshopt as encoder

RNG = np.random.default_rng(7)


def rows(kind: str, count: int, stride: int) -> np.ndarray:
    if kind == "noise":
        return RNG.integers(0, 256, (count, stride)).astype(np.uint8)
    if kind == "constant":
        return np.full((count, stride), 7, np.uint8)
    smooth = np.cumsum(RNG.normal(0, 1, (count, stride // 4)), axis=0).astype("<f4")
    return smooth.view(np.uint8).reshape(count, stride)


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("kind", ["noise", "constant", "smooth"])
@pytest.mark.parametrize(
    ("count", "stride"), [(1, 4), (15, 12), (256, 16), (257, 16), (1000, 8), (300, 256), (4097, 12)]
)
def test_vertices(kind: str, count: int, stride: int, version: int) -> None:
    given = rows(kind, count, stride)
    packed = bytes(meshopt.encode_vertex_buffer_level(given, 3 if version else 2, version))
    assert decode(packed, "ATTRIBUTES", "NONE", count, stride) == given.tobytes()
    if not version:
        packed = encoder.encode_vertices(given)
        assert decode(packed, "ATTRIBUTES", "NONE", count, stride) == given.tobytes()


def grid(n: int) -> np.ndarray:
    i = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    return np.concatenate([np.stack([i, i + 1, i + n + 1], 1), np.stack([i, i + n + 1, i + n], 1)]).astype(np.int32)


@pytest.mark.parametrize("order", ["drawn", "shuffled", "far"])
@pytest.mark.parametrize("stride", [2, 4])
def test_triangles(order: str, stride: int) -> None:
    faces = grid(40)
    if order == "drawn":
        faces = encoder.optimize_vertex_cache(faces, 1600)
    elif order == "shuffled":
        faces = RNG.permutation(faces)
    else:
        faces = RNG.integers(0, 60_000, (500, 3)).astype(np.int32)
    packed = encoder.encode_indices(faces, 60_000)
    found = np.frombuffer(decode(packed, "TRIANGLES", "NONE", faces.size, stride), f"<u{stride}").reshape(-1, 3)
    told = np.asarray(meshopt.decode_index_buffer(packed, faces.size, 4)).reshape(-1).view("<u4").reshape(-1, 3)
    assert np.array_equal(found, told)


def test_sequence() -> None:
    given = RNG.integers(0, 100_000, 3000).astype(np.int32)
    packed = encoder.encode_sequence(given, 100_000)
    assert np.array_equal(np.frombuffer(decode(packed, "INDICES", "NONE", 3000, 4), "<u4"), given)


@pytest.mark.parametrize(
    ("kind", "stride"),
    [("OCTAHEDRAL", 4), ("OCTAHEDRAL", 8), ("QUATERNION", 8), ("EXPONENTIAL", 12), ("COLOR", 4), ("COLOR", 8)],
)
def test_filters(kind: str, stride: int) -> None:
    values = RNG.normal(size=(200, 4)).astype(np.float32)
    if kind == "OCTAHEDRAL":
        values[:, :3] /= np.linalg.norm(values[:, :3], axis=1, keepdims=True)
        given = meshopt.encode_filter_oct(values, stride, 8 if stride == 4 else 12)
    elif kind == "QUATERNION":
        given = meshopt.encode_filter_quat(values / np.linalg.norm(values, axis=1, keepdims=True), stride, 12)
    elif kind == "COLOR":
        given = meshopt.encode_filter_color(RNG.random((200, 4)).astype(np.float32), stride, 8 if stride == 4 else 12)
    else:
        given = meshopt.encode_filter_exp(np.ascontiguousarray(values[:, :3]), 15)
    given = np.asarray(given).view(np.uint8).reshape(200, stride)
    packed = bytes(meshopt.encode_vertex_buffer_level(given, 2, 0))
    told = np.asarray(meshopt.decode_gltf_buffer(packed, 200, stride, "ATTRIBUTES", kind)).tobytes()
    found = decode(packed, "ATTRIBUTES", kind, 200, stride)
    form = {"COLOR": "u", "EXPONENTIAL": "f"}.get(kind, "i") + str(4 if kind == "EXPONENTIAL" else stride // 4)
    off = np.abs(np.frombuffer(found, form).astype(float) - np.frombuffer(told, form).astype(float)).max()
    assert off <= (0 if kind == "EXPONENTIAL" else 1)


def test_damage_is_told() -> None:
    good = bytes(meshopt.encode_vertex_buffer_level(rows("smooth", 500, 16), 2, 1))
    faces = encoder.encode_indices(grid(20), 400)
    for data, mode, count, stride in (
        (b"", "ATTRIBUTES", 5, 4), (good[:40], "ATTRIBUTES", 500, 16), (good, "ATTRIBUTES", 10**6, 16),
        (good[:-1], "ATTRIBUTES", 500, 16), (good, "TRIANGLES", 300, 2), (faces, "TRIANGLES", 10**6 * 3, 4),
        (faces[:30], "TRIANGLES", 361 * 6, 4), (faces, "INDICES", 100, 4), (good, "ELSE", 500, 16),
    ):  # fmt: skip
        with pytest.raises(SourceError):
            decode(data, mode, "NONE", count, stride)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        bent = bytearray(good if seed % 2 else faces)
        for at in rng.integers(1, len(bent), 4):
            bent[at] = rng.integers(0, 256)
        mode, count, stride = ("ATTRIBUTES", 500, 16) if seed % 2 else ("TRIANGLES", 361 * 6, 4)
        with contextlib.suppress(SourceError):
            assert len(decode(bytes(bent), mode, "NONE", count, stride)) == count * stride
