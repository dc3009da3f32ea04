"""Many numbers in text, fast."""

import warnings

import numpy as np
from numpy.typing import NDArray

from ...errors import SourceError


def floats(text: bytes, what: str) -> NDArray[np.float64]:
    """Numbers between white space. Raises SourceError when something else stands among them."""
    return np.asarray(_parse(text, np.float64, what), np.float64)


def integers(text: bytes, what: str) -> NDArray[np.int64]:
    """Whole numbers between white space."""
    return np.asarray(_parse(text, np.int64, what), np.int64)


def _parse(text: bytes, kind: type, what: str) -> NDArray[np.generic]:
    if not text.strip():
        return np.zeros(0, kind)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)
            found: NDArray[np.generic] = np.fromstring(text, kind, sep=" ")
            return found
    except (DeprecationWarning, ValueError, OverflowError) as error:
        raise SourceError(f"The file is damaged: {what} cannot be read as numbers") from error
