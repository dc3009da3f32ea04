"""Write USDZ: UsdSkel skeleton, skinned meshes with blend shapes, preview surfaces, animations. Deterministic.

The layer is text (USDA), made here without OpenUSD; docs/decisions/usdz-writer.md says why. It keeps to what AR Quick
Look takes: +Y up, metres, PNG and JPEG, no more than meshes, skeletons and UsdPreviewSurface, all inside one package.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .._version import __version__
from ..avatar import Avatar
from .fbx import told
from .usd_text import identifier, plain, prim, quoted, tuples
from .usdz_material import Paints
from .usdz_mesh import PLACES, about, extent, mesh_prim
from .usdz_package import package
from .usdz_skeleton import RATE, animation_prims, skeleton_prim

GENERATOR = f"AXIS Avatar Foundry {__version__}"
RESERVED = ("Skeleton", "Materials")


@dataclass(frozen=True)
class UsdzOptions:
    """What goes into the file.

    morphs, clips: whether they are written. Players show the first clip; the others are prims beside it.
    hips: the joint that Clip.translations move; "" for the first.
    """

    morphs: bool = True
    clips: bool = True
    hips: str = ""


DEFAULT = UsdzOptions()


def write_usdz(avatar: Avatar, options: UsdzOptions = DEFAULT) -> bytes:
    """The avatar as one USDZ package. Same avatar, same options: same bytes."""
    layer, pictures = usd_layer(avatar, options)
    return package({f"{identifier(avatar.name, set())}.usda": layer.encode(), **pictures})


def usd_layer(avatar: Avatar, options: UsdzOptions = DEFAULT) -> tuple[str, dict[str, bytes]]:
    """(the USDA text, {path: picture} that it names)."""
    name = identifier(avatar.name, set())
    root = f"/{name}"
    paints = Paints(root)
    meshes = list(mesh_prims(avatar, root, paints, options.morphs))
    clips = avatar.clips if options.clips else ()
    if (skeleton := avatar.skeleton) is None:
        top = prim("Xform", name, *meshes, *paints.prims(), meta=('kind = "component"',))
    else:
        shapes = dict.fromkeys(m.name for p in avatar.parts for m in p.mesh.morphs) if options.morphs else {}
        animations = animation_prims(skeleton, clips, tuple(shapes), options.hips)
        body = (*bounds(avatar), skeleton_prim(root, skeleton, animations), *meshes, *paints.prims())
        top = prim("SkelRoot", name, *body, apis=("SkelBindingAPI",), meta=('kind = "component"',))
    return f"{header(avatar, name)}\n{top}\n", paints.files


def bounds(avatar: Avatar) -> Iterator[str]:
    """The box around all that is drawn, at rest; nothing when nothing is."""
    drawn = [p.mesh.positions[p.mesh.faces.reshape(-1)] for p in avatar.parts if len(p.mesh.faces)]
    if drawn:
        yield f"float3[] extent = {tuples(extent(np.concatenate(drawn)), PLACES)}"


def header(avatar: Avatar, name: str) -> str:
    """The layer's metadata: axes, unit, time, and where everything comes from."""
    lines = [
        f"doc = {quoted(GENERATOR)}",
        f"customLayerData = {{\n{chr(10).join(facts(avatar))}\n}}",
        f'defaultPrim = "{name}"',
        "metersPerUnit = 1",
        'upAxis = "Y"',
    ]
    first = next((c for c in avatar.clips if len(c.times)), None)
    if first is not None:
        begin, end = (plain(float(first.times[k]) * RATE) for k in (0, -1))
        lines += [f"startTimeCode = {begin}", f"endTimeCode = {end}"]
    lines += [f"timeCodesPerSecond = {plain(RATE)}", f"framesPerSecond = {plain(RATE)}"]
    return "#usda 1.0\n(\n" + "".join(f"{line}\n" for line in lines) + ")\n"


def facts(avatar: Avatar) -> Iterator[str]:
    """What the file says of itself: the engine, the recipe, and the licence of everything in it."""
    yield about("creator", GENERATOR)
    for key, value in sorted(avatar.extras.items()):
        if isinstance(value, str | int | float):
            yield about(identifier(key, set()), str(value))
    for k, entry in enumerate(avatar.licences):
        yield about(f"licence_{k:02d}", told(entry))


def mesh_prims(avatar: Avatar, root: str, paints: Paints, morphs: bool) -> Iterator[str]:
    """One Mesh per part, at full detail."""
    materials = {m.name: m for m in avatar.materials}
    taken = set(RESERVED)
    for part in avatar.parts:
        if not len(part.mesh.faces):
            continue
        material = materials.get(part.material)
        yield mesh_prim(
            identifier(part.name, taken),
            part.name,
            root,
            part.mesh,
            paints.add(material) if material is not None else "",
            double=material is None or material.double_sided,
            morphs=morphs,
        )
