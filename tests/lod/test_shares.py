import pytest

from avatar_foundry.lod import face_targets

ROLES = ("body", "eyes", "teeth", "garment")
COUNTS = (17000, 1060, 7120, 1500)


@pytest.mark.parametrize("ratio", [0.5, 0.25, 0.12])
def test_targets_add_up_to_the_ratio(ratio):
    targets = face_targets(ROLES, COUNTS, ratio)
    assert sum(targets) == pytest.approx(ratio * sum(COUNTS), abs=len(ROLES))
    assert all(t <= c for t, c in zip(targets, COUNTS, strict=True))


def test_sparse_garments_keep_more_of_their_faces_than_dense_teeth():
    body, _, teeth, garment = (t / c for t, c in zip(face_targets(ROLES, COUNTS, 0.25), COUNTS, strict=True))
    assert teeth < body < garment


def test_eyes_stay_round_at_any_ratio():
    assert face_targets(ROLES, COUNTS, 0.02)[1] >= 256


def test_others_make_up_for_a_part_that_cannot_shrink():
    targets = face_targets(ROLES, COUNTS, 0.25, reached=(0, 0, 3000, 0))
    assert targets[2] == 3000
    assert sum(targets) == pytest.approx(0.25 * sum(COUNTS), abs=len(ROLES))
