"""The mean over a vertex and its neighbours, as a matrix per topology."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..avatar import F32, I32
from ..geometry import by_content


@by_content(256)
def _rows(faces: I32, count: int) -> tuple[NDArray[np.int32], NDArray[np.int32], F32]:
    ends = faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    ends = np.concatenate([ends, ends[:, ::-1], np.repeat(np.arange(count), 2).reshape(-1, 2)])
    pairs = np.unique(ends[:, 0].astype(np.int64) * count + ends[:, 1])
    row, column = (pairs // count).astype(np.int32), (pairs % count).astype(np.int32)
    degree = np.bincount(row, minlength=count)
    start = np.concatenate([[0], np.cumsum(degree)]).astype(np.int32)
    return start, column, (1.0 / degree[row]).astype(np.float32)


def neighbours(faces: I32, count: int) -> csr_array:
    """(count, count) matrix: the mean over a vertex and its neighbours."""
    start, column, weight = _rows(faces, count)
    return csr_array((weight, column, start), shape=(count, count))
