"""Remember what depends on topology alone: results keyed by the content of their array arguments."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

P = ParamSpec("P")
R = TypeVar("R")

_known: dict[int, tuple["weakref.ref[NDArray[Any]]", bytes]] = {}


def content_digest(array: NDArray[Any]) -> bytes:
    """16 bytes that name the array's type, shape and values. Frozen arrays (read-only owners) are hashed once."""
    frozen = not array.flags.writeable and array.base is None
    if frozen and (hit := _known.get(id(array))) is not None and hit[0]() is array:
        return hit[1]
    solid = np.ascontiguousarray(array)
    name = blake2b(f"{solid.dtype.str}{solid.shape}".encode(), digest_size=16)
    name.update(solid.data.cast("B") if solid.size else b"")
    if frozen:
        key = id(array)
        _known[key] = (weakref.ref(array, lambda _: _known.pop(key, None)), name.digest())
    return name.digest()


def freeze(value: R) -> R:
    """Make the arrays of a (nested tuple) result read-only, since it is shared."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, tuple):
        for item in value:
            freeze(item)
    return value


def by_content(entries: int = 64) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Cache a pure function by the content of its arrays and the value of its other arguments.

    Least recently used entries go first. Thread-safe; results are read-only because they are shared.
    """

    def wrap(fn: Callable[P, R]) -> Callable[P, R]:
        held: OrderedDict[Any, R] = OrderedDict()
        lock = threading.Lock()

        @wraps(fn)
        def call(*args: P.args, **options: P.kwargs) -> R:
            named = (*args, *sorted(options.items()))
            key = tuple(content_digest(a) if isinstance(a, np.ndarray) else a for a in named)
            with lock:
                if key in held:
                    held.move_to_end(key)
                    return held[key]
            value = freeze(fn(*args, **options))
            with lock:
                held[key] = value
                while len(held) > entries:
                    held.popitem(last=False)
            return value

        return call

    return wrap
