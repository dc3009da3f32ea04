import numpy as np
import pytest

from avatar_foundry.avatar import F32, Part
from avatar_foundry.body import body_part, evaluate
from avatar_foundry.geometry import boundary_edges, vertex_normals
from avatar_foundry.humanoid import INDEX
from avatar_foundry.lod.gather import without_hidden
from avatar_foundry.pack import Pack
from avatar_foundry.wardrobe import ITEMS, fit, hide_covered, settle
from avatar_foundry.wardrobe.audit import depth_inside
from avatar_foundry.wardrobe.rays import Rays

BODIES = {
    "man": {"body.gender": 1.0, "body.age": 30.0},
    "fat woman": {"body.gender": 0.0, "body.weight": 1.0, "body.bust": 0.9, "body.age": 40.0},
    "thin": {"body.gender": 0.2, "body.weight": 0.0, "body.muscle": 0.1, "body.age": 22.0},
    "strong": {"body.gender": 1.0, "body.muscle": 1.0, "body.weight": 0.7, "body.age": 30.0},
    "child": {"body.gender": 0.6, "body.age": 7.0},
    "giant": {"body.gender": 1.0, "body.height": 2.3, "body.age": 30.0},
}
OUTFITS = [
    ("briefs", "denim_shirt_and_jeans", "leather_shoes"),
    ("underwear", "blouse_and_skirt", "dress_shoes"),
    ("underwear", "field_jacket", "leggings", "sneakers"),
]


def dress(values: dict[str, float], outfit: tuple[str, ...]) -> tuple[F32, tuple[Part, ...], tuple[Part, ...]]:
    base = evaluate(values)
    raw = (body_part(base), *(p for item in outfit for p in fit(item, base)))
    return base, raw, settle(base, raw)


def test_fit_is_affine_in_the_base_up_to_the_scaled_offsets(pack: Pack) -> None:
    base = evaluate(BODIES["man"])
    moved = fit("male_casualsuit03", base + np.float32([0.1, 0.2, 0.3]))[0].mesh.positions
    assert np.abs(moved - fit("male_casualsuit03", base)[0].mesh.positions - np.float32([0.1, 0.2, 0.3])).max() < 1e-5


def test_pieces_share_out_the_asset_and_topology_is_the_same_object_for_all_bodies(pack: Pack) -> None:
    one, two = fit("business_suit", evaluate(BODIES["man"])), fit("business_suit", evaluate(BODIES["child"]))
    assert sum(len(p.mesh.positions) for p in one) == len(pack.array("assets/clothes/male_elegantsuit01/refs"))
    for a, b in zip(one, two, strict=True):
        assert a.mesh.faces is b.mesh.faces
        assert a.binding is b.binding


@pytest.mark.parametrize("item", [i.id for i in ITEMS.values() if i.asset])
def test_every_asset_item_fits_with_valid_indices(item: str) -> None:
    for part in fit(item, evaluate(BODIES["man"])):
        mesh = part.mesh
        assert np.isfinite(mesh.positions).all()
        assert set(np.unique(mesh.faces)) == set(range(len(mesh.positions)))
        assert mesh.uvs is not None
        assert mesh.uv_faces is not None
        assert mesh.uv_faces.max() < len(mesh.uvs)
        if mesh.weights is not None:
            assert np.abs(mesh.weights.sum(axis=1) - 1).max() < 1e-5
            assert (np.diff(mesh.weights, axis=1) <= 1e-7).all()


def test_short_hair_is_rigid_and_long_hair_lets_go_of_the_head() -> None:
    base = evaluate(BODIES["man"])
    short, long = fit("short_tousled", base)[0].mesh, fit("long_straight", base)[0].mesh
    assert short.joints is not None
    assert (short.joints[:, 0] == INDEX["head"]).all()
    assert long.joints is not None
    assert long.weights is not None
    head = (long.weights * (long.joints == INDEX["head"])).sum(axis=1)
    order = np.argsort(long.positions[:, 1])
    assert head[order[-200:]].min() > 0.99
    assert head[order[:50]].max() < 0.5


def shown(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """What is drawn of `parts`."""
    return tuple(map(without_hidden, hide_covered(parts)))


@pytest.mark.parametrize(("body", "outfit"), list(zip(BODIES, OUTFITS + OUTFITS, strict=True)))
def test_dressed_bodies_show_no_skin_through_cloth(body: str, outfit: tuple[str, ...]) -> None:
    base, _, settled = dress(BODIES[body], outfit)
    parts = shown(settled)
    drawn = [p for p in parts[1:] if p.role in ("garment", "shoes") and len(p.mesh.faces)]
    inside = np.concatenate([depth_inside(base, parts[0], p) for p in drawn])
    assert (inside > 0.003).mean() <= 0.003


@pytest.mark.parametrize(("body", "outfit"), list(zip(BODIES, OUTFITS + OUTFITS, strict=True)))
def test_every_open_border_of_the_body_lies_under_a_garment(body: str, outfit: tuple[str, ...]) -> None:
    _, raw, settled = dress(BODIES[body], outfit)
    parts = shown(settled)
    skin = parts[0].mesh
    assert len(skin.faces) < 0.9 * len(raw[0].mesh.faces)
    assert parts[0].binding is not None
    normals = vertex_normals(raw[0].mesh.positions, raw[0].mesh.faces)[parts[0].binding.refs[:, 0]]
    border = np.unique(boundary_edges(skin.faces))
    shift = np.cumsum([0, *(len(p.mesh.positions) for p in settled[1:])])[:-1]
    cloth = Rays(
        np.concatenate([p.mesh.positions for p in settled[1:]]),
        np.concatenate([p.mesh.faces + s for p, s in zip(settled[1:], shift, strict=True)]),
    )
    far, _ = cloth.hit(skin.positions[border] - 0.006 * normals[border], normals[border])
    assert np.isfinite(far).all()


def test_hiding_keeps_every_vertex_used_and_binding_rows_matched() -> None:
    base, _, settled = dress(BODIES["man"], OUTFITS[0])
    for part in shown(settled):
        if len(part.mesh.faces):
            assert set(np.unique(part.mesh.faces)) == set(range(len(part.mesh.positions)))
        assert part.binding is not None
        assert len(part.binding.refs) == len(part.mesh.positions)
    body = shown(settled)[0]
    assert body.binding is not None
    assert np.array_equal(body.mesh.positions, base[body.binding.refs[:, 0]])


def test_an_undressed_body_wears_underwear_that_lies_outside_the_skin() -> None:
    base, _, settled = dress(BODIES["fat woman"], ("underwear",))
    assert {p.name for p in settled} == {"body", "underwear.briefs", "underwear.top"}
    for part in settled[1:]:
        hem = np.unique(boundary_edges(part.mesh.faces))
        inside = depth_inside(base, settled[0], part)
        inside[np.searchsorted(np.unique(part.mesh.faces), hem)] = 0.0
        assert inside.max() < 0.002


def test_hair_stays_inside_the_hat() -> None:
    base, raw, settled = dress(BODIES["man"], ("afro", "fedora"))
    before, after = (next(p for p in ps if p.role == "hair").mesh.positions for ps in (raw, settled))
    hat = next(p for p in settled if p.role == "hat").mesh
    middle = base[[5399, 11998]].mean(axis=0)
    way = after - middle
    far = np.linalg.norm(way, axis=1)
    limit = Rays(hat.positions, hat.faces).hit(np.broadcast_to(middle, way.shape), way / far[:, None])[0]
    assert (far <= limit).mean() > 0.99
    assert (before[:, 1] - after[:, 1]).max() > 0.001


def test_settling_changes_nothing_without_clothes() -> None:
    base = evaluate(BODIES["man"])
    parts = (body_part(base), *fit("short_tousled", base), *fit("eyes_detailed", base))
    assert all(a is b for a, b in zip(settle(base, parts), parts, strict=True))
    assert all(a is b for a, b in zip(hide_covered(parts), parts, strict=True))


def test_dressing_is_deterministic() -> None:
    one, two = (shown(dress(BODIES["strong"], OUTFITS[2])[2]) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a.mesh.positions, b.mesh.positions)
        assert np.array_equal(a.mesh.faces, b.mesh.faces)
