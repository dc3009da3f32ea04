"""Cut garments as plain arrays and back, so that a process maps them from the disk instead of drawing them again."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...avatar import Binding
from .cut import Cut
from .warp import Spline, Warp

Arrays = dict[str, NDArray[Any]]
Made = tuple[tuple[Cut, ...], "NDArray[np.bool_] | None"]


def to_arrays(made: Made) -> Arrays:
    """Everything of `made` by name; equal splines once."""
    cuts, hides = made
    out: Arrays = {} if hides is None else {"hides": hides}
    splines: list[Spline] = []
    for k, cut in enumerate(cuts):
        out |= {f"{k}/faces": cut.faces, f"{k}/uvs": cut.uvs, f"{k}/uv_faces": cut.uv_faces}
        out |= {f"{k}/refs": cut.binding.refs, f"{k}/amounts": cut.binding.weights, f"{k}/count": np.array([cut.count])}
        if cut.joints is not None and cut.weights is not None:
            out |= {f"{k}/joints": cut.joints, f"{k}/weights": cut.weights}
        for n, (warp, span) in enumerate(cut.warps):
            number = next((i for i, s in enumerate(splines) if s is warp.spline), len(splines))
            splines[number:] = [warp.spline] if number == len(splines) else splines[number:]
            out[f"{k}/warp{n}"] = np.array([number, span.start, span.stop])
            out[f"{k}/kernel{n}"] = warp.kernel
        for n, (index, faces, lift, span) in enumerate(cut.skins):
            out[f"{k}/skin{n}"] = np.array([span.start, span.stop])
            out |= {f"{k}/index{n}": index, f"{k}/local{n}": faces, f"{k}/lift{n}": np.asarray(lift)}
        if cut.keep is not None:
            floor, around = cut.keep
            out |= {f"{k}/floor": floor, f"{k}/around": around.data, f"{k}/columns": around.indices}
            out[f"{k}/rows"] = around.indptr
    for i, spline in enumerate(splines):
        out |= {f"spline{i}/controls": spline.controls, f"spline{i}/at": spline.at}
        out |= {f"spline{i}/lu": spline.factors[0], f"spline{i}/pivots": spline.factors[1]}
    return out


def from_arrays(arrays: Mapping[str, NDArray[Any]], surfaces: Sequence[str]) -> Made:
    """What `to_arrays` took apart. surfaces: the names of the cuts, in order."""
    splines: dict[int, Spline] = {}

    def spline(i: int) -> Spline:
        if i not in splines:
            # LAPACK wants columns first and memory of its own.
            factors = (np.array(arrays[f"spline{i}/lu"], order="F"), arrays[f"spline{i}/pivots"].copy())
            splines[i] = Spline(arrays[f"spline{i}/controls"], arrays[f"spline{i}/at"], factors)
        return splines[i]

    def cut(k: int, name: str) -> Cut:
        get = {key.removeprefix(f"{k}/"): value for key, value in arrays.items() if key.startswith(f"{k}/")}
        warps = []
        for n in range(sum(key.startswith("warp") for key in get)):
            number, start, stop = (int(v) for v in get[f"warp{n}"])
            warps.append((Warp(spline(number), get[f"kernel{n}"]), slice(start, stop)))
        skins = []
        for n in range(sum(key.startswith("skin") for key in get)):
            start, stop = (int(v) for v in get[f"skin{n}"])
            lift = get[f"lift{n}"]
            skins.append((get[f"index{n}"], get[f"local{n}"], lift if lift.ndim else float(lift), slice(start, stop)))
        keep = None
        if "floor" in get:
            size = len(get["floor"])
            keep = get["floor"], sp.csr_matrix((get["around"], get["columns"], get["rows"]), (size, size))
        return Cut(
            name,
            get["faces"],
            get["uvs"],
            get["uv_faces"],
            Binding(get["refs"], get["amounts"]),
            get.get("joints"),
            get.get("weights"),
            tuple(warps),
            tuple(skins),
            keep,
            int(get["count"][0]),
        )

    return tuple(cut(k, name) for k, name in enumerate(surfaces)), arrays.get("hides")
