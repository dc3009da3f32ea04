import threading

import meshopt as decoder
import numpy as np
import pytest
from tests import shapes

from avatar_foundry.geometry import is_closed, meshopt, signed_volume


def decoded(data: bytes, count: int, size: int, mode: str, filter: str = "NONE") -> bytes:
    return np.asarray(decoder.decode_gltf_buffer(data, count, size, mode, filter)).tobytes()


def canonical(faces: np.ndarray) -> list[tuple[int, ...]]:
    return sorted(tuple(np.roll(f, -int(np.argmin(f))).tolist()) for f in faces)


def test_simplify_keeps_a_sphere_closed_and_nearly_its_volume():
    positions, faces = shapes.sphere()
    out, error = meshopt.simplify(faces, positions, target=500)
    assert len(out) <= 500
    assert is_closed(out)
    assert out.max() < len(positions)
    assert signed_volume(positions, out) == pytest.approx(signed_volume(positions, faces), rel=0.03)
    assert 0 < error < 0.02


def test_simplify_leaves_locked_vertices_in_place():
    positions, faces = shapes.sphere()
    lock = (positions[:, 1] > 0.5).astype(np.uint8)
    out, _ = meshopt.simplify(faces, positions, lock=lock, target=900)
    assert np.isin(np.flatnonzero(lock), out).all()


def test_simplify_keeps_an_attribute_step():
    u = np.linspace(0, 1, 33, dtype=np.float32)
    positions = np.stack([*np.meshgrid(u, u), np.zeros((33, 33), np.float32)], -1).reshape(-1, 3)
    i = np.arange(32 * 33).reshape(32, 33)[:, :-1].ravel()
    faces = np.concatenate([np.stack([i, i + 1, i + 34], 1), np.stack([i, i + 34, i + 33], 1)]).astype(np.int32)
    step = (positions[:, :1] > 0.5).astype(np.float32)
    out, _ = meshopt.simplify(faces, positions, step, np.ones(1, np.float32), target=200)
    crossing = np.ptp(step[out, 0], axis=1) > 0
    width = np.ptp(positions[out[crossing], 0], axis=1)
    assert crossing.any()
    assert width.max() == pytest.approx(1 / 32)  # no triangle smears the step over more than its one column


def test_simplify_of_nothing_and_of_little():
    positions, quads = shapes.strip()
    empty = np.zeros((0, 3), np.int32)
    assert meshopt.simplify(empty, positions, target=0) == (pytest.approx(empty), 0.0)
    faces, error = meshopt.simplify(quads[:, :3], positions, target=3)
    assert faces.tolist() == quads[:, :3].tolist()
    assert error == 0.0


def test_simplify_grows_its_memory_and_gives_it_back():
    positions, faces = shapes.sphere(300, 400)
    first, _ = meshopt.simplify(faces, positions, target=len(faces) // 4)
    for _ in range(3):
        again, _ = meshopt.simplify(faces, positions, target=len(faces) // 4)
    assert (first == again).all()


def test_threads_do_not_disturb_each_other():
    positions, faces = shapes.sphere()
    wanted, _ = meshopt.simplify(faces, positions, target=300)
    results: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: results.append(meshopt.simplify(faces, positions, target=300)[0]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all((r == wanted).all() for r in results)


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize(("dtype", "width"), [(np.float32, 3), (np.uint16, 4), (np.uint8, 4)])
def test_attributes_decode_bit_for_bit(version, dtype, width):
    rows = np.random.default_rng(1).integers(0, 200, (1000, width)).astype(dtype)
    data = meshopt.encode_vertices(rows, version=version)
    assert decoded(data, len(rows), rows.itemsize * width, "ATTRIBUTES") == rows.tobytes()


def test_triangles_decode_to_the_same_faces():
    positions, faces = shapes.sphere()
    ordered = meshopt.optimize_vertex_cache(faces, len(positions))
    assert canonical(ordered) == canonical(faces)
    data = meshopt.encode_indices(ordered, len(positions))
    back = np.frombuffer(decoded(data, faces.size, 4, "TRIANGLES"), np.uint32).reshape(-1, 3)
    assert canonical(back) == canonical(faces)
    assert len(data) < len(meshopt.encode_indices(faces, len(positions)))
    assert data[0] == 0xE1  # the version that EXT_meshopt_compression names


def test_index_sequences_decode_exactly():
    indices = np.array([3, 9, 10, 11, 40, 2], np.uint32)
    data = meshopt.encode_sequence(indices, 41)
    assert decoded(data, 6, 4, "INDICES") == indices.tobytes()


def test_fetch_order_numbers_by_first_use():
    assert meshopt.fetch_order(np.array([[4, 2, 0], [2, 4, 3]], np.int32), 5).tolist() == [2, -1, 1, 3, 0]


def test_filters_decode_within_their_step():
    vectors, _ = shapes.sphere()
    four = np.concatenate([vectors, np.ones((len(vectors), 1), np.float32)], 1)
    packed = meshopt.filter_octahedral(four, 8)
    raw = decoded(meshopt.encode_vertices(packed), len(packed), 4, "ATTRIBUTES", "OCTAHEDRAL")
    back = np.frombuffer(raw, np.int8).reshape(-1, 4) / 127.0
    assert np.abs(back[:, :3] - vectors).max() < 0.02
    exponent = meshopt.filter_exponential(vectors, 15)
    raw = decoded(meshopt.encode_vertices(exponent), len(vectors), 12, "ATTRIBUTES", "EXPONENTIAL")
    assert np.abs(np.frombuffer(raw, np.float32).reshape(-1, 3) - vectors).max() < 2**-13
