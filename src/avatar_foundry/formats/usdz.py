"""Write USDZ: UsdSkel skeleton, skinned meshes with blend shapes, preview surfaces, animations. Deterministic.

The layer is binary ("crate"), made here without OpenUSD; docs/decisions/usdz-writer.md says why. It keeps to what AR
Quick Look takes: +Y up, metres, PNG and JPEG, no more than meshes, skeletons and UsdPreviewSurface, all inside one
package.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .._version import __version__
from ..avatar import Avatar
from .fbx import facts
from .usd_crate import write_crate
from .usd_layer import Attribute, Layer, Prim, Typed, identifier
from .usdz_material import Paints
from .usdz_mesh import extent, mesh_prim
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
    return package({f"{layer.prims[0].name}.usdc": write_crate(layer), **pictures})


def usd_layer(avatar: Avatar, options: UsdzOptions = DEFAULT) -> tuple[Layer, dict[str, bytes]]:
    """(the layer, {path: picture} that it names)."""
    name = identifier(avatar.name, set())
    root = f"/{name}"
    paints = Paints(root)
    meshes = list(mesh_prims(avatar, root, paints, options.morphs))
    top = Prim("Xform", name, meta={"kind": Typed("token", "component")})
    if (skeleton := avatar.skeleton) is not None:
        top.kind, top.apis = "SkelRoot", ["SkelBindingAPI"]
        top.properties = list(bounds(avatar))
        shapes = list(dict.fromkeys(m.name for p in avatar.parts for m in p.mesh.morphs)) if options.morphs else []
        clips = avatar.clips if options.clips else ()
        animations = animation_prims(skeleton, clips, shapes, options.hips)
        top.children.append(skeleton_prim(root, skeleton, animations))
    top.children += [*meshes, *paints.prims()]
    return Layer([top], about(avatar, name, options.clips)), paints.files


def bounds(avatar: Avatar) -> Iterator[Attribute]:
    """The box around all that is drawn, at rest; nothing when nothing is."""
    drawn = [p.mesh.positions[p.mesh.faces.reshape(-1)] for p in avatar.parts if len(p.mesh.faces)]
    if drawn:
        yield Attribute("extent", "float3[]", extent(np.concatenate(drawn)))


def about(avatar: Avatar, name: str, clips: bool) -> dict[str, Typed]:
    """The layer's metadata: axes, unit, time, and where everything in it comes from."""
    told = {"creator": Typed("string", GENERATOR)}
    told |= {identifier(key, set()): Typed("string", value) for key, value in facts(avatar)}
    meta = {
        "defaultPrim": Typed("token", name),
        "documentation": Typed("string", GENERATOR),
        "customLayerData": Typed("dictionary", told),
        "metersPerUnit": Typed("double", 1.0),
        "upAxis": Typed("token", "Y"),
        "timeCodesPerSecond": Typed("double", RATE),
        "framesPerSecond": Typed("double", RATE),
    }
    first = next((c for c in avatar.clips if len(c.times)), None) if clips else None
    if first is not None:
        meta["startTimeCode"] = Typed("double", round(float(first.times[0]) * RATE, 4))
        meta["endTimeCode"] = Typed("double", round(float(first.times[-1]) * RATE, 4))
    return meta


def mesh_prims(avatar: Avatar, root: str, paints: Paints, morphs: bool) -> Iterator[Prim]:
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
