"""Boxes and packing."""

import numpy as np

from avatar_foundry.geometry.rectangles import grouped_boxes, pack


def test_boxes_are_grouped_while_little_is_wasted():
    boxes = np.array([[0, 0, 1, 1], [5, 5, 6, 6], [1.02, 0, 2, 1], [5.1, 5.1, 5.2, 5.2]], float)
    around, group = grouped_boxes(boxes, waste=0.05)
    assert around.tolist() == [[0, 0, 2, 1], [5, 5, 6, 6]]
    assert group.tolist() == [0, 1, 0, 1]


def test_large_boxes_may_overlap_rather_than_grow():
    boxes = np.array([[0, 0, 4, 1], [3.5, 0.9, 4.5, 9]], float)
    assert grouped_boxes(boxes)[0].tolist() == boxes.tolist()


def test_many_boxes_become_one():
    boxes = np.array([[i, i, i + 0.5, i + 0.5] for i in range(20)], float)
    around, group = grouped_boxes(boxes, limit=10)
    assert around.tolist() == [[0, 0, 19.5, 19.5]]
    assert not group.any()


def test_rectangles_fill_a_sheet_to_the_last_pixel():
    assert sorted(pack([(8, 8)] * 16, 32, 32)) == [(x, y) for x in (0, 8, 16, 24) for y in (0, 8, 16, 24)]
    assert pack([(8, 8)] * 17, 32, 32) is None


def test_random_rectangles_never_overlap():
    sizes = [tuple(s) for s in np.random.default_rng(2).integers(1, 60, (60, 2)).tolist()]
    corners = pack(sizes, 300, 300)
    taken = np.zeros((300, 300), int)
    for (x, y), (w, h) in zip(corners, sizes, strict=True):
        taken[y : y + h, x : x + w] += 1
    assert taken.max() == 1
    assert taken.sum() == sum(w * h for w, h in sizes)
