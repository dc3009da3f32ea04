"""Textures of R15 bodies: specks of another material take their neighbours' look, edges between materials stay."""

import numpy as np

from avatar_foundry.roblox.bake import Spots, picture, spread, without_specks

SIZE = 16


def spots(paint: np.ndarray) -> Spots:
    return Spots(paint.reshape(-1).astype(np.int32), np.zeros((paint.size, 2), np.float32))


def test_specks_go_and_edges_stay():
    paint = np.zeros((SIZE, SIZE), int)
    paint[:, 8:] = 1
    dotted = paint.copy()
    dotted[3:5, 3:5] = 2
    dotted[10, 12] = 0
    every = np.arange(SIZE * SIZE, dtype=np.int32)
    assert np.array_equal(without_specks(spots(dotted), every, SIZE).paint.reshape(SIZE, SIZE), paint)
    kept = spots(paint)
    assert without_specks(kept, every, SIZE) is kept


def test_empty_pixels_take_the_nearest_colour():
    pixel = np.array([0, SIZE * SIZE - 1], np.int32)
    texel = spread(pixel, SIZE).reshape(SIZE, SIZE)
    assert texel[1, 2] == 0
    assert texel[-2, -3] == 1
    made = picture("a", np.array([[255, 0, 0], [0, 0, 255]], np.float32), texel.reshape(-1), SIZE)
    assert (made.width, made.height, made.mime) == (SIZE, SIZE, "image/png")
