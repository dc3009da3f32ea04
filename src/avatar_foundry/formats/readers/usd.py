"""USD, USDA, USDC and USDZ through usd-core, where it is installed (extra "usd"; 208 MB, so not by default).

Layers of other files are only composed when they lie in the same upload; pictures are looked up in it as well.
"""

import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...avatar import Avatar
from ...errors import SourceError
from .bundle import Bundle, open_zip
from .fbx_transform import linear
from .scene import Motion, Placed, Tree, assemble, draw
from .sniff import SUFFIXES, suffix
from .upload import Log, Source

F64 = NDArray[np.float64]
HINT = "Install the engine with its 'usd' extra, or export as .glb or .fbx."
Z_UP = linear(np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]))
MAX_LAYERS, MAX_PRIMS, MAX_STEPS = 64, 100_000, 20_000
IDENTITY = np.eye(4)


def read_usd(name: str, data: bytes, bundle: Bundle, log: Log) -> tuple[Avatar, Source]:
    """The model of a USD file, and what the file says about itself."""
    if data[:2] == b"PK":
        inner = open_zip(f"{name}.usdz", data)
        if not any(SUFFIXES.get(suffix(n)) == "usd" for n in inner.names()):
            raise SourceError("The USDZ file holds no USD layer")
        bundle = inner
    if find_spec("pxr") is None:
        raise SourceError("USD files are not read by this installation", hint=HINT)
    with tempfile.TemporaryDirectory(prefix="usd") as folder:
        return Stage(open_stage(Path(folder), data, bundle), bundle, log).read(name)


def open_stage(folder: Path, data: bytes, bundle: Bundle) -> Any:
    """The composed stage. The upload's layers are written under names of their own making."""
    from pxr import Sdf, Tf, Usd

    packed = data[:2] == b"PK"
    start = folder / ("model.usdz" if packed else "model.usd")
    names = [n for n in bundle.names() if SUFFIXES.get(suffix(n)) == "usd"] if not packed else []
    if names and bundle.name in names:
        for n in names:  # names were checked when the zip was opened: they stay below the folder
            path = folder / n
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bundle.open(n))
        start = folder / bundle.name
    else:
        if not packed:
            start = folder / ("model.usda" if data.startswith(b"#usda") else "model.usdc")
        start.write_bytes(data)
    try:
        layer = Sdf.Layer.FindOrOpen(str(start))
        if layer is None:
            raise SourceError("The USD file cannot be opened", hint="Export it again.")
        check_layers(layer, folder)
        stage = Usd.Stage.Open(layer)
    except Tf.ErrorException as error:
        raise SourceError("The USD file cannot be opened", hint="Export it again.") from error
    if stage is None:
        raise SourceError("The USD file cannot be opened", hint="Export it again.")
    return stage


def check_layers(first: Any, folder: Path) -> None:
    """Refuse layers that lie outside the upload, and value clips, which name files at read time."""
    from pxr import Sdf

    pending, seen = [first], set()
    root = str(folder.resolve())
    while pending:
        layer = pending.pop()
        if layer.identifier in seen:
            continue
        seen.add(layer.identifier)
        if len(seen) > MAX_LAYERS:
            raise SourceError("The USD file has too many layers")
        paths: list[Any] = []
        layer.Traverse(Sdf.Path.absoluteRootPath, paths.append)
        if len(paths) > 4 * MAX_PRIMS:
            raise SourceError("The USD file has too many parts")
        for path in paths:
            spec = layer.GetPrimAtPath(path) if path.IsPrimPath() else None
            if spec is not None and spec.HasInfo("clips"):
                raise SourceError("The USD file uses value clips, which are not read")
        for asset in filter(None, layer.GetCompositionAssetDependencies()):  # an empty one means this layer
            place = layer.ComputeAbsolutePath(asset)
            outer = place.split("[")[0]
            inside = str(Path(outer).resolve()).startswith(root + "/") if outer else False
            if not inside or "://" in asset:
                raise SourceError(f"The USD file refers to {asset[:80]!r}, which is not in the upload")
            if (found := Sdf.Layer.FindOrOpen(place)) is not None:
                pending.append(found)


class Stage:
    """A stage being read."""

    def __init__(self, stage: Any, bundle: Bundle, log: Log) -> None:
        from pxr import Usd, UsdGeom, UsdSkel

        from .usd_material import Looks

        self.stage, self.log = stage, log
        self.time = Usd.TimeCode.EarliestTime()
        self.tree = Tree()
        self.looks = Looks(bundle, log)
        self.nodes: dict[str, int] = {}
        self.skeletons: dict[str, tuple[list[int], F64]] = {}  # path -> joints' nodes, bind matrices
        self.transforms = UsdGeom.XformCache(self.time)
        self.skels = UsdSkel.Cache()
        self.motions: list[Motion] = []

    def read(self, name: str) -> tuple[Avatar, Source]:
        """The avatar, and what the file says about itself."""
        from pxr import UsdGeom, UsdSkel

        from .usd_mesh import read_mesh, read_skin

        meshes = []
        for prim in self.prims():
            if prim.IsA(UsdGeom.Imageable):
                self.add(prim)
            if prim.IsA(UsdSkel.Skeleton):
                self.add_skeleton(UsdSkel.Skeleton(prim))
            elif prim.IsA(UsdGeom.Mesh) and self.shown(prim):
                meshes.append(prim)
            elif prim.IsA(UsdGeom.PointBased) or prim.IsA(UsdGeom.Gprim):
                self.log.note(f"{prim.GetTypeName()} {prim.GetName()} is no mesh and was left out.")
        placed = []
        for prim in meshes:
            piece = read_mesh(UsdGeom.Mesh(prim), self.time, self.looks, self.log)
            if piece is None:
                continue
            draw(piece, self.log)
            skin = read_skin(prim, self.time, self.skeletons, len(piece.positions))
            placed.append(Placed(self.nodes[str(prim.GetPath())], piece, skin))
        if not placed:
            raise SourceError("The file holds no meshes", hint="Export the mesh along with the armature.")
        axis = str(UsdGeom.GetStageUpAxis(self.stage))
        turn = Z_UP if axis == "Z" else np.eye(4)
        avatar, nodes = assemble(
            name, self.tree, placed, self.looks.materials, self.log, turn=turn, motions=self.motions
        )
        unit = float(UsdGeom.GetStageMetersPerUnit(self.stage))
        root = self.stage.GetRootLayer()
        return avatar, Source(
            "usd",
            unit_metres=unit if self.stage.HasAuthoredMetadata("metersPerUnit") and 0 < unit < 1e6 else None,
            up=f"+{axis}" if self.stage.HasAuthoredMetadata("upAxis") else None,
            version=str(root.fileFormat.formatId)[:20] if hasattr(root, "fileFormat") else "",
            generator=str(root.documentation or "")[:200],
            nodes=nodes,
        )

    def prims(self) -> Iterator[Any]:
        """All prims, instances' contents too."""
        from pxr import Usd

        found = Usd.PrimRange.Stage(self.stage, Usd.TraverseInstanceProxies())
        for count, prim in enumerate(found):
            if count > MAX_PRIMS:
                raise SourceError("The USD file has too many parts")
            yield prim

    def shown(self, prim: Any) -> bool:
        """Whether a prim is to be seen."""
        from pxr import UsdGeom

        image = UsdGeom.Imageable(prim)
        return bool(image.ComputeVisibility(self.time) != "invisible" and image.ComputePurpose() != "guide")

    def add(self, prim: Any) -> None:
        """A node for a prim."""
        from pxr import UsdGeom

        parent = prim.GetParent()
        while parent and str(parent.GetPath()) not in self.nodes and not parent.IsPseudoRoot():
            parent = parent.GetParent()
        local = np.eye(4)
        if prim.IsA(UsdGeom.Xformable):
            local = matrix(self.transforms.GetLocalTransformation(prim)[0])
        up = self.nodes.get(str(parent.GetPath()), -1) if parent else -1
        self.nodes[str(prim.GetPath())] = self.tree.add(prim.GetName(), up, local)

    def add_skeleton(self, skeleton: Any) -> None:
        """Nodes for a skeleton's joints, and its animation."""
        query = self.skels.GetSkelQuery(skeleton)
        order = [str(j) for j in skeleton.GetJointsAttr().Get() or ()]
        rest, bind = skeleton.GetRestTransformsAttr().Get(), skeleton.GetBindTransformsAttr().Get()
        if not query or not order or bind is None or len(bind) != len(order):
            raise SourceError("The file is damaged: a skeleton has no bind transforms for its joints")
        binds = np.stack([matrix(b) for b in bind])
        above = [place_of(j, order) for j in order]
        if any(up >= k for k, up in enumerate(above)):
            raise SourceError("The file is damaged: a skeleton's joints stand before their parents")
        if rest is not None and len(rest) == len(order):
            local = np.stack([matrix(r) for r in rest])
        else:
            over = np.stack([binds[up] if up >= 0 else IDENTITY for up in above])
            local = np.linalg.solve(over, binds)
        node = self.nodes[str(skeleton.GetPrim().GetPath())]
        joints: list[int] = []
        for k, joint in enumerate(order):
            up = joints[above[k]] if above[k] >= 0 else node
            joints.append(self.tree.add(joint.rsplit("/", 1)[-1], up, local[k], True))
        self.skeletons[str(skeleton.GetPrim().GetPath())] = (joints, binds)
        self.add_motion(query, order, joints)

    def add_motion(self, query: Any, order: list[str], joints: list[int]) -> None:
        """The animation that drives a skeleton."""
        animation = query.GetAnimQuery()
        if not animation:
            return
        times = list(animation.GetJointTransformTimeSamples())
        if len(times) < 2:
            return
        if len(times) > MAX_STEPS or len(times) * len(order) > 20 * MAX_STEPS * 10:
            self.log.note("An animation is too long and was left out.")
            return
        steps = []
        for t in times:
            values = query.ComputeJointLocalTransforms(t)
            if values is None or len(values) != len(order):
                return
            steps.append(np.stack([matrix(v) for v in values]))
        local = np.stack(steps, axis=1)
        rate = float(self.stage.GetTimeCodesPerSecond()) or 24.0
        seconds = np.array(times) / rate
        name = animation.GetPrim().GetName()
        self.motions.append(Motion(name, seconds - seconds[0], dict(zip(joints, local, strict=True))))


def place_of(joint: str, order: list[str]) -> int:
    """The place of a joint's parent, -1 for none."""
    path = joint
    while "/" in path:
        path = path.rsplit("/", 1)[0]
        if path in order:
            return order.index(path)
    return -1


def matrix(value: Any) -> F64:
    """A Gf matrix, which keeps its translation last."""
    return np.array(value, np.float64).reshape(4, 4).T
