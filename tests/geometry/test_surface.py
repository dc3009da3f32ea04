import numpy as np
import pytest
from tests import shapes

from avatar_foundry import geometry as g


def test_triangulate_keeps_the_surface_and_its_origin():
    positions, quads = shapes.cube()
    faces = g.triangulate(quads)
    assert faces.shape == (12, 3)
    assert faces.dtype == np.int32
    assert g.signed_volume(positions, faces) == 1.0
    assert g.is_closed(faces)
    assert g.origin_faces(quads).tolist() == np.repeat(np.arange(6), 2).tolist()


def test_triangulate_reads_a_repeated_last_index_as_a_triangle():
    _, quads = shapes.strip()
    assert g.triangulate(quads).tolist() == [[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4], [2, 6, 5]]
    assert g.origin_faces(quads).tolist() == [0, 0, 1, 1, 2]


def test_triangulate_pair_follows_the_vertices_not_the_uvs():
    _, quads = shapes.strip()
    faces, uv_faces = g.triangulate_pair(quads, np.array([[0, 1, 2, 2], [3, 4, 5, 6], [7, 8, 9, 10]], np.int32))
    assert len(faces) == len(uv_faces) == 5
    assert uv_faces.tolist() == [[0, 1, 2], [0, 2, 2], [3, 4, 5], [3, 5, 6], [7, 8, 9]]


def test_boundary_runs_around_an_open_strip():
    _, quads = shapes.strip()
    edges = g.boundary_edges(g.triangulate(quads))
    assert sorted(map(tuple, edges.tolist())) == [(0, 1), (1, 2), (2, 6), (3, 0), (4, 3), (5, 4), (6, 5)]
    assert not g.is_closed(g.triangulate(quads))
    assert not g.is_closed(np.zeros((0, 3), np.int32))


def test_components_count_pieces_in_order_of_their_lowest_vertex():
    assert g.components(np.array([[3, 4, 5], [0, 1, 2]], np.int32), 7).tolist() == [0, 0, 0, 1, 1, 1, 2]


def test_inside_out_means_negative_volume():
    positions, faces = shapes.sphere()
    assert 4.1 < g.signed_volume(positions, faces) < 4 / 3 * np.pi
    assert g.signed_volume(positions, faces[:, ::-1]) == pytest.approx(-g.signed_volume(positions, faces))
    assert 12.3 < g.surface_area(positions, faces) < 4 * np.pi


def test_weld_finds_vertices_that_coincide_and_keeps_their_order():
    positions = np.array([[1, 0, 0], [0, 0, 0], [1, 0, 0], [-0.0, 0, 0], [2, 0, 0]], np.float32)
    keep, remap = g.weld(positions)
    assert keep.tolist() == [0, 1, 4]
    assert (positions[keep][remap] == positions).all()
    near = g.weld(np.array([[0, 0, 0], [1e-5, 0, 0], [1, 0, 0]], np.float32), 1e-3)
    assert near[1].tolist() == [0, 0, 1]


def test_normals_of_a_cube_ignore_the_diagonals():
    positions, quads = shapes.cube()
    normals = g.vertex_normals(positions, g.triangulate(quads))
    assert normals.dtype == np.float32
    assert np.abs(normals - (positions - 0.5) * 2 / np.sqrt(3)).max() < 1e-6


def test_normals_of_a_sphere_point_outwards():
    positions, faces = shapes.sphere()
    normals = g.vertex_normals(positions, faces)
    assert np.einsum("ij,ij->i", normals, positions).min() > 0.999
    assert np.abs(np.linalg.norm(normals, axis=1) - 1).max() < 1e-6


def test_normals_survive_degenerate_faces_and_loose_vertices():
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 5, 5]], np.float32)
    normals = g.vertex_normals(positions, np.array([[0, 1, 2], [0, 1, 1], [2, 2, 2]], np.int32))
    assert normals.tolist() == [[0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 1, 0]]


def test_split_seams_makes_one_vertex_per_pair_and_keeps_the_faces():
    mesh = shapes.seam_quad()
    vertex_of, uv_of, faces = g.split_seams(mesh.faces, mesh.uv_faces)
    assert vertex_of.tolist() == [0, 1, 1, 2, 3, 4, 4, 5]
    assert (vertex_of[faces] == mesh.faces).all()
    assert (uv_of[faces] == mesh.uv_faces).all()
    assert g.split_seams(mesh.faces.copy(), mesh.uv_faces.copy())[2] is faces  # remembered by content


def test_tangents_follow_u_and_flip_on_mirrored_islands():
    mesh = shapes.seam_quad()
    vertex_of, uv_of, faces = g.split_seams(mesh.faces, mesh.uv_faces)
    normals = g.vertex_normals(mesh.positions, mesh.faces)[vertex_of]
    frames = g.tangents(mesh.positions[vertex_of], normals, mesh.uvs[uv_of], faces)
    left = uv_of < 4
    assert np.abs(frames[left] - [1, 0, 0, 1]).max() < 1e-6
    assert np.abs(frames[~left] - [-1, 0, 0, -1]).max() < 1e-6
    up = np.cross(normals, frames[:, :3]) * frames[:, 3:]
    assert np.abs(up - [0, 1, 0]).max() < 1e-6  # up the image on both islands


def test_tangents_are_whole_without_usable_uvs():
    positions, faces = shapes.sphere()
    normals = g.vertex_normals(positions, faces)
    frames = g.tangents(positions, normals, np.zeros((len(positions), 2), np.float32), faces)
    assert np.abs(np.linalg.norm(frames[:, :3], axis=1) - 1).max() < 1e-6
    assert np.abs(np.einsum("ij,ij->i", frames[:, :3], normals)).max() < 1e-6
    assert set(frames[:, 3].tolist()) == {1.0}


def test_remembered_results_cannot_be_changed():
    faces = g.triangulate(shapes.cube()[1])
    with pytest.raises(ValueError, match="read-only"):
        g.components(faces, 8)[0] = 1
