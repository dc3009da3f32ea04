"""COLLADA 1.4 and 1.5: node tree, units, axes, meshes, skins, morphs, materials, matrix animation."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...avatar import Avatar, Morph
from ...errors import SourceError
from ..glb_read_mesh import MAX_SHAPES
from ..names import unique_names
from .bundle import Bundle
from .dae_material import Effects
from .dae_mesh import Geometry, Sources, number_list, read_geometry
from .fbx_transform import linear, shift
from .pieces import Piece, within
from .scene import Motion, Placed, Skin, Tree, assemble, draw
from .upload import Log, Source
from .xml import Element, parse

F64 = NDArray[np.float64]
TURNS = {
    "X_UP": ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    "Y_UP": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "Z_UP": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
}
MAX_INSTANCES, MAX_DEPTH = 20_000, 200
MAX_KEYS = 200_000


def read_dae(name: str, data: bytes, bundle: Bundle, log: Log) -> tuple[Avatar, Source]:
    """The model of a COLLADA file, and what the file says about itself."""
    root = parse(data)
    if root.tag != "COLLADA":
        raise SourceError("The file is not COLLADA")
    asset = root.first("asset")
    unit = asset.first("unit") if asset is not None else None
    up = asset.first("up_axis") if asset is not None else None
    axis = up.text.strip() if up is not None and up.text.strip() in TURNS else None
    document = Document(root, bundle, log)
    tree, placed = document.read_scene()
    if not placed:
        raise SourceError("The file holds no meshes", hint="Export the mesh along with the armature.")
    turn = linear(np.array(TURNS[axis or "Y_UP"], np.float64))
    materials = document.effects.materials
    motions = document.read_motions()
    avatar, nodes = assemble(name, tree, placed, materials, log, turn=turn, motions=motions)
    metres = number_list(unit.attributes.get("meter", "") if unit is not None else "")[:1]
    tool = asset.first("contributor", "authoring_tool") if asset is not None else None
    return avatar, Source(
        "dae",
        unit_metres=float(metres[0]) if len(metres) and 0 < metres[0] < 1e6 else None,
        up=f"+{axis[0]}" if axis else None,
        version=root.attributes.get("version", "")[:20],
        generator=tool.text.strip()[:200] if tool is not None else "",
        nodes=nodes,
    )


class Document:
    """A file being read: what is found by its id, and the scene that grows."""

    def __init__(self, root: Element, bundle: Bundle, log: Log) -> None:
        self.root, self.log = root, log
        self.by_id: dict[str, Element] = {}
        for element in root.walk():
            if (id := element.attributes.get("id")) is not None:
                self.by_id.setdefault(id, element)
        self.sources = Sources(self.by_id)
        self.effects = Effects(root, self.by_id, bundle, log)
        self.tree = Tree()
        self.node_of: dict[int, int] = {}  # id() of the element -> node
        self.names: dict[str, int] = {}  # id, sid and name -> node
        self.wanted: list[tuple[Element, int]] = []
        self.transforms: dict[int, list[tuple[str, str, F64]]] = {}
        self.pieces: dict[str, Geometry | None] = {}

    def target(self, url: str | None, tag: str) -> Element | None:
        """What an address inside the file names; addresses of other files name nothing."""
        if not url or not url.startswith("#"):
            return None
        found = self.by_id.get(url[1:])
        return found if found is not None and found.tag == tag else None

    def read_scene(self) -> tuple[Tree, list[Placed]]:
        """(nodes, meshes at them)."""
        entry = self.root.first("scene", "instance_visual_scene")
        scene = self.target(entry.attributes.get("url"), "visual_scene") if entry is not None else None
        scene = scene or self.root.first("library_visual_scenes", "visual_scene")
        if scene is None:
            raise SourceError("The file holds no scene")
        pending: list[tuple[Element, int, int]] = [(n, -1, 0) for n in reversed(list(scene.all("node")))]
        while pending:
            element, parent, depth = pending.pop()
            if depth > MAX_DEPTH or len(self.tree.names) > MAX_INSTANCES:
                raise SourceError("The file is damaged: its nodes are nested too deeply, or form a ring")
            node = self.add(element, parent)
            for tag in ("instance_geometry", "instance_controller"):
                self.wanted.extend((i, node) for i in element.all(tag))
            below = list(element.all("node"))
            linked = (self.target(i.attributes.get("url"), "node") for i in element.all("instance_node"))
            below.extend(found for found in linked if found is not None)
            pending.extend((b, node, depth + 1) for b in reversed(below))
        return self.tree, [p for instance, node in self.wanted for p in self.place(instance, node)]

    def add(self, element: Element, parent: int) -> int:
        """A node of the tree."""
        steps = [(e.tag, e.attributes.get("sid", ""), transform(e)) for e in element.children if e.tag in TRANSFORMS]
        local = np.eye(4)
        for _, _, matrix in steps:
            local = local @ matrix
        a = element.attributes
        node = self.tree.add(a.get("name") or a.get("id") or "", parent, local, a.get("type") == "JOINT")
        self.transforms[node] = steps
        for key in ("name", "id", "sid"):
            if a.get(key):
                self.names[f"{key} {a[key]}"] = self.names.get(f"{key} {a[key]}", node)
        return node

    def place(self, instance: Element, node: int) -> Iterator[Placed]:
        """The mesh that a node shows, with its skin and morphs."""
        url, skin_element, morph = instance.attributes.get("url"), None, None
        if instance.tag == "instance_controller":
            for _ in range(3):  # a skin over a morph over a geometry, or fewer
                controller = self.target(url, "controller")
                if controller is None:
                    break
                if (found := controller.first("skin")) is not None:
                    skin_element = found
                elif (found := controller.first("morph")) is not None:
                    morph = found
                else:
                    break
                url = found.attributes.get("source")
        geometry = self.geometry(url)
        if geometry is None:
            return
        draw(geometry.piece, self.log)
        symbols = {
            str(m.attributes.get("symbol")): self.effects.number(m.attributes.get("target"))
            for m in instance.walk()
            if m.tag == "instance_material"
        }
        worn = np.array([symbols.get(s, self.effects.named(s)) for s in geometry.symbols] or [-1], np.int32)
        piece = replace(geometry.piece, name=self.tree.names[node] or geometry.piece.name)
        assert piece.material is not None
        piece = replace(piece, material=worn[piece.material])
        if morph is not None:
            piece = replace(piece, morphs=self.shapes(morph, piece))
        skin = None
        if skin_element is not None:
            skin = self.skin(skin_element, len(piece.positions))
        yield Placed(node, piece, skin)

    def geometry(self, url: str | None) -> Geometry | None:
        """A mesh by its address, read once."""
        if url not in self.pieces:
            element = self.target(url, "geometry")
            mesh = element.first("mesh") if element is not None else None
            read = None
            if element is not None and mesh is not None:
                title = element.attributes.get("name") or element.attributes.get("id") or "mesh"
                read = read_geometry(title, mesh, self.sources, self.log)
            self.pieces[url or ""] = read
            return read
        return self.pieces[url or ""]

    def shapes(self, morph: Element, piece: Piece) -> tuple[Morph, ...]:
        """Morph targets, as differences."""
        held = morph.first("targets")
        if held is None:
            return ()
        targets = next((i for i in held.all("input") if i.attributes.get("semantic") == "MORPH_TARGET"), None)
        ids = self.sources.words(targets.attributes.get("source")) if targets is not None else []
        if len(ids) > MAX_SHAPES:
            raise SourceError("The file has too many morph targets")
        relative = morph.attributes.get("method") == "RELATIVE"
        names, found = [], []
        for id in ids:
            other = self.geometry(f"#{id}")
            if other is None or len(other.piece.positions) != len(piece.positions):
                raise SourceError(f"The file is damaged: the shape {id[:60]} does not fit its mesh")
            delta = other.piece.positions - (0.0 if relative else piece.positions)
            size = float(np.abs(piece.positions).max(initial=0.0))
            index = np.flatnonzero((np.abs(delta) > 1e-7 * size).any(axis=1)).astype(np.int32)
            if len(index):
                element = self.by_id.get(id)
                names.append((element.attributes.get("name") if element is not None else None) or id)
                found.append((index, delta[index].astype(np.float32)))
        return tuple(Morph(n, i, d) for n, (i, d) in zip(unique_names(names), found, strict=True))

    def skin(self, element: Element, count: int) -> Skin | None:
        """A skin controller."""
        bind = element.first("bind_shape_matrix")
        shape = matrix(number_list(bind.text)) if bind is not None else np.eye(4)
        held, weights = element.first("joints"), element.first("vertex_weights")
        if held is None or weights is None:
            raise SourceError("The file is damaged: a skin has no joints")
        inputs = {i.attributes.get("semantic"): i.attributes.get("source") for i in held.all("input")}
        names = self.sources.words(inputs.get("JOINT"))
        by_id = self.sources.by_id_reference(inputs.get("JOINT"))
        binds = self.sources.table(inputs.get("INV_BIND_MATRIX"), 16)
        if len(binds) < len(names):
            raise SourceError("The file is damaged: a skin has too few bind matrices")
        kinds = ("id", "sid", "name") if by_id else ("sid", "id", "name")
        joints: list[int] = []
        for name in names:
            node = next((self.names[f"{k} {name}"] for k in kinds if f"{k} {name}" in self.names), None)
            if node is None:
                raise SourceError(f"The file is damaged: its skin names the joint {name[:60]}, which is not there")
            joints.append(node)
        columns = {i.attributes.get("semantic"): i for i in weights.all("input")}
        if "JOINT" not in columns or "WEIGHT" not in columns:
            raise SourceError("The file is damaged: a skin has no weights")
        place = {k: offset(i) for k, i in columns.items()}
        stride = max(place.values()) + 1
        each = integer_list(weights.first("vcount"))
        flat = integer_list(weights.first("v"))
        if len(each) != count or (each < 0).any() or len(flat) != int(each.sum()) * stride:
            raise SourceError("The file is damaged: a skin's weights do not fit its mesh")
        rows = flat.reshape(-1, stride)
        table = self.sources.table(columns["WEIGHT"].attributes.get("source"), 1)[:, 0]
        joint, weight = rows[:, place["JOINT"]], rows[:, place["WEIGHT"]]
        vertex = np.repeat(np.arange(count), each)
        bound = joint >= 0  # -1: the mesh's own frame
        within(joint[bound], len(joints), "a skin")
        within(weight, len(table), "a skin's weight")
        if not joints:
            return None
        inverse = np.stack([matrix(b) @ shape for b in binds[: len(joints)]])
        if len(set(joints)) < len(joints):
            first = {j: k for k, j in reversed(list(enumerate(joints)))}
            joint = np.where(bound, np.array([first[j] for j in joints])[joint], joint)
            keep = sorted(first.values())
            new = np.full(len(joints), -1)
            new[keep] = np.arange(len(keep))
            joint, inverse, joints = np.where(bound, new[joint], joint), inverse[keep], [joints[k] for k in keep]
        return Skin(joints, inverse, vertex[bound], joint[bound], table[weight[bound]])

    def read_motions(self) -> list[Motion]:
        """Animations of whole matrices, as one clip; other channels are noted."""
        channels: dict[int, tuple[F64, F64]] = {}
        libraries = list(self.root.all("library_animations"))
        for element in (e for library in libraries for e in library.walk() if e.tag == "channel"):
            id, _, member = element.attributes.get("target", "").partition("/")
            node = self.names.get(f"id {id}", self.names.get(f"name {id}"))
            sampler = self.target(element.attributes.get("source"), "sampler")
            if node is None or sampler is None:
                continue
            steps = self.transforms[node]
            if len(steps) != 1 or steps[0][0] != "matrix" or "(" in member or "." in member:
                self.log.note("Animation of anything but whole matrices is not read.")
                continue
            inputs = {i.attributes.get("semantic"): i.attributes.get("source") for i in sampler.all("input")}
            times = self.sources.table(inputs.get("INPUT"), 1)[:, 0]
            values = self.sources.table(inputs.get("OUTPUT"), 16)
            if len(times) != len(values) or (np.diff(times) <= 0).any() or len(times) * len(channels) > MAX_KEYS * 20:
                raise SourceError("The file is damaged: an animation's keys do not fit its times")
            if len(times):
                channels[node] = (times, values.reshape(-1, 4, 4))
        if not channels:
            return []
        times = max((t for t, _ in channels.values()), key=len)
        if len(times) < 2 or len(times) > MAX_KEYS:
            return []
        local = {}
        for node, (own, values) in channels.items():
            at = np.clip(np.searchsorted(own, times - 1e-6), 0, len(own) - 1)
            local[node] = values[at]
        return [Motion("clip_0", times - times[0], local)]


def offset(element: Element) -> int:
    """An input's column."""
    text = element.attributes.get("offset", "0").strip()
    if not text.isdigit() or int(text[:6]) > 63:
        raise SourceError("The file is damaged: an input has no column")
    return int(text)


def integer_list(element: Element | None) -> NDArray[np.int64]:
    """Whole numbers in an element."""
    values = number_list(element.text) if element is not None else np.zeros(0)
    if not np.array_equal(values, np.round(values)) or (np.abs(values) > 2**40).any():
        raise SourceError("The file is damaged: indices are no whole numbers")
    return values.astype(np.int64)


def matrix(values: NDArray[Any]) -> F64:
    """Sixteen numbers, row by row."""
    if len(values) != 16 or not np.isfinite(values).all():
        raise SourceError("The file is damaged: a matrix cannot be used")
    return np.array(values, np.float64).reshape(4, 4)


def transform(element: Element) -> F64:
    """One step of a node's transform."""
    values = number_list(element.text)
    if not np.isfinite(values).all() or len(values) < TRANSFORMS[element.tag]:
        raise SourceError(f"The file is damaged: a {element.tag} cannot be used")
    if element.tag == "matrix":
        return matrix(values[:16])
    if element.tag == "translate":
        return shift(values[:3])
    if element.tag == "scale":
        return linear(np.diag(values[:3]))
    axis, angle = values[:3], np.radians(values[3])
    length = float(np.linalg.norm(axis))
    if length < 1e-12:
        return np.eye(4)
    x, y, z = axis / length
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return linear(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


TRANSFORMS = {"matrix": 16, "translate": 3, "rotate": 4, "scale": 3}
