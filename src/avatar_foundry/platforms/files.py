"""Write the files of a platform: the GLB, one more per coarser level of detail, and further formats."""

import re
from dataclasses import replace

from ..avatar import Avatar
from ..errors import RecipeError, Suggestion
from ..formats import FbxOptions, GlbOptions, compressible, unrigged, write_fbx, write_glb
from ..formats.glb import Splits
from ..formats.names import unique_names
from ..formats.usdz import DEFAULT as DEFAULT_USDZ
from ..formats.usdz import UsdzOptions, write_usdz
from ..formats.vrm import DEFAULT as DEFAULT_VRM
from ..formats.vrm import Version, VrmOptions, write_vrm
from ..formats.vrm_meta import meta_for
from ..formats.vrma import write_vrma
from ..render import encode_png, over_backdrop, thumbnail
from .platform import Clips, Export, Platform

UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")

SMALL = "_small"  # what follows the name of a file that needs a decoder


def write_glbs(
    avatar: Avatar, platform: Platform, compression: str = "none", splits: Splits | None = None
) -> dict[str, bytes]:
    """{file name: bytes}, the main file first. Coarser levels get files of their own: NAME_lod1.glb and so on.

    Clips are in the main file alone: they play on the coarser levels too, whose skeleton is the same."""
    if compression == "draco" and not compressible(avatar):
        raise nothing_for_draco()
    options = compressed(replace(platform.glb, hips=platform.bones.get("hips", "")), compression)
    main = replace(options, extra_lods="msft" if platform.lods == "msft" else "none")
    splits = {} if splits is None else splits
    files = {f"{avatar.name}.glb": write_glb(avatar, main, splits)}
    for level in range(1, max((len(p.lods) for p in avatar.parts), default=1)):
        files[f"{avatar.name}_lod{level}.glb"] = write_glb(avatar, replace(options, lod=level, clips=False), splits)
    return files


def write_both(avatar: Avatar, platform: Platform, compression: str = "none") -> dict[str, bytes]:
    """As `write_glbs`, and the full detail once more with meshopt as NAME_small.glb, unless all of it is compressed."""
    splits: Splits = {}
    files = write_glbs(avatar, platform, compression, splits)
    if compression == "none":
        options = replace(platform.glb, hips=platform.bones.get("hips", ""))
        files[f"{avatar.name}{SMALL}.glb"] = write_glb(avatar, compressed(options, "meshopt"), splits)
    return files


def nothing_for_draco() -> RecipeError:
    """The refusal of a compression that would compress nothing."""
    ways = [
        Suggestion("Use 'meshopt'", "It carries skin and shapes, where the platform's programs read it.", 0.8),
        Suggestion("Ask for the format 'static'", "That file has neither, where the platform has it.", 0.6),
    ]
    return RecipeError(
        "/compression: Draco carries neither skin nor shapes, and every part of this avatar has them",
        pointer="/compression",
        suggestions=ways,
    )


def compressed(options: GlbOptions, compression: str) -> GlbOptions:
    """`options` with the compression that a recipe asks for."""
    if compression == "draco":
        return replace(options, draco=True)
    return replace(options, meshopt=True, quantise=True) if compression == "meshopt" else options


def static_glb(avatar: Avatar, compression: str) -> bytes:
    """The avatar as it stands, full detail, without skeleton, shapes and clips."""
    return write_glb(unrigged(avatar), compressed(GlbOptions(), compression))


def usdz(options: UsdzOptions = DEFAULT_USDZ) -> Export:
    """What writes USDZ so."""
    return lambda avatar: write_usdz(avatar, options)


def fbx(options: FbxOptions) -> Export:
    """What writes FBX so."""
    return lambda avatar: write_fbx(avatar, options)


def vrma(options: VrmOptions = DEFAULT_VRM) -> Clips:
    """What writes a VRM Animation per clip: NAME_CLIP.vrma. options: as for `vrm`."""

    def write(avatar: Avatar) -> dict[str, bytes]:
        if not avatar.clips:
            raise RecipeError(
                "A .vrma holds an animation, and none was asked for",
                hint='Ask for "animations", for example ["idle", "walk"].',
                pointer="/animations",
            )
        names = unique_names([UNSAFE.sub("_", clip.name).strip("_") or "clip" for clip in avatar.clips])
        return {
            f"_{name}.vrma": write_vrma(avatar, clip, options) for name, clip in zip(names, avatar.clips, strict=True)
        }

    return write


def vrm(version: Version = "1.0", options: VrmOptions = DEFAULT_VRM, picture: int = 384) -> Export:
    """What writes VRM so, with a portrait of `picture` pixels. options.bones: canonical bone -> the platform's."""

    def write(avatar: Avatar) -> bytes:
        seen = avatar
        if (skeleton := avatar.skeleton) is not None and (head := options.bones.get("head")) in skeleton.names:
            names = tuple("head" if n == head else n for n in skeleton.names)  # where the camera looks
            seen = replace(avatar, skeleton=replace(skeleton, names=names))
        portrait = encode_png(over_backdrop(thumbnail(seen, picture)))
        return write_vrm(avatar, version, meta_for(avatar.name, avatar.licences, portrait), options)

    return write
