"""Levels of whole parts, masked by what an outfit hides."""

import numpy as np
import pytest

from avatar_foundry.avatar import Part
from avatar_foundry.body import body_part, evaluate
from avatar_foundry.geometry import boundary_edges
from avatar_foundry.geometry.distance import closest_points
from avatar_foundry.lod import drawn_faces, item_ladder
from avatar_foundry.lod.gather import without_hidden
from avatar_foundry.lod.stand_in import stand_in
from avatar_foundry.pack import Pack
from avatar_foundry.wardrobe import fit, hide_covered, settle

OUTFITS = {
    "suit": ({"body.gender": 1.0, "body.age": 40.0}, ("briefs", "business_suit", "dress_shoes")),
    "skirt": ({"body.gender": 0.0, "body.weight": 0.9}, ("underwear", "blouse_and_skirt", "dress_shoes")),
    "jacket": ({"body.age": 8.0}, ("underwear", "field_jacket", "leggings", "sneakers")),
}


@pytest.fixture(scope="module", params=list(OUTFITS))
def dressed(request: pytest.FixtureRequest, pack: Pack) -> tuple[Part, ...]:
    values, outfit = OUTFITS[request.param]
    base = evaluate(values)
    return hide_covered(settle(base, (body_part(base), *(p for item in outfit for p in fit(item, base)))))


def samples(part: Part) -> np.ndarray:
    """Points spread over all that is drawn of a part, in the order of its faces."""
    corners = part.mesh.positions[part.mesh.faces[part.drawn]].astype(np.float64)
    share = np.random.default_rng(1).dirichlet((1, 1, 1), (len(corners), 2))
    return np.einsum("fsk,fkc->fsc", share, corners).reshape(-1, 3)[::5]


def test_no_level_loses_anything_that_is_seen(dressed: tuple[Part, ...]) -> None:
    for part in dressed:
        if part.hidden is None:
            continue
        ladder = item_ladder(part)
        assert ladder is not None
        points = samples(part)
        for rung in ladder.rungs[::2]:
            level = rung.vertices[rung.faces]
            kept = level[drawn_faces(level, rung.host, rung.heir, part.hidden)]
            whole = closest_points(points, part.mesh.positions, level).distance
            masked = closest_points(points, part.mesh.positions, kept).distance
            lost = masked - whole > 0.0005
            assert lost.sum() <= max(1, 0.002 * len(points)), (part.name, len(level))
            assert (masked - whole).max() < 0.004, (part.name, len(level))


def test_every_open_edge_of_every_level_is_hidden(dressed: tuple[Part, ...]) -> None:
    body = dressed[0]
    assert body.hidden is not None
    ladder = item_ladder(body)
    assert ladder is not None
    for rung in ladder.rungs:
        level = rung.vertices[rung.faces]
        kept = level[drawn_faces(level, rung.host, rung.heir, body.hidden)]
        border = np.unique(boundary_edges(np.ascontiguousarray(kept)))
        assert len(border)
        assert body.hidden[border].all()


def test_a_level_hides_about_as_much_as_full_detail(dressed: tuple[Part, ...]) -> None:
    body = dressed[0]
    assert body.hidden is not None
    ladder = item_ladder(body)
    assert ladder is not None
    rung = ladder.rungs[2]
    level = rung.vertices[rung.faces]
    keep = drawn_faces(level, rung.host, rung.heir, body.hidden)
    assert keep.mean() < 1.6 * body.drawn.mean()


def test_ladders_do_not_depend_on_body_or_outfit(pack: Pack) -> None:
    one, two = (item_ladder(body_part(evaluate({"body.age": age}))) for age in (6.0, 70.0))
    assert one is two


def test_nothing_hidden_hides_nothing(pack: Pack) -> None:
    part = body_part(evaluate({}))
    assert without_hidden(part) is part
    ladder = item_ladder(part)
    assert ladder is not None
    rung = ladder.rungs[-1]
    level = rung.vertices[rung.faces]
    assert drawn_faces(level, rung.host, rung.heir, np.zeros(13380, bool)).all()
    assert not drawn_faces(level, rung.host, rung.heir, np.ones(13380, bool)).any()


def test_without_hidden_leaves_no_trace(dressed: tuple[Part, ...]) -> None:
    body = dressed[0]
    plain = without_hidden(body)
    assert plain.hidden is None
    assert len(plain.mesh.faces) == body.drawn.sum()
    assert set(np.unique(plain.mesh.faces)) == set(range(len(plain.mesh.positions)))
    assert plain.binding is not None
    assert len(plain.binding.refs) == len(plain.mesh.positions)


def test_a_kept_vertex_stands_for_itself_and_a_face_for_a_point_above_it() -> None:
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 5, 0]], np.float64)
    found = stand_in(np.array([[0.2, 0.2, 0.5], [1, 0, 0]]), positions, np.array([[0, 1, 2]], np.int32))
    assert found.face.tolist() == [0, 0]
    assert found.distance == pytest.approx([0.5, 0.0])
    assert found.weights[1] == pytest.approx([0, 1, 0])
