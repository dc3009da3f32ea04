"""`render`: a GLB as a contact sheet."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..avatar import Avatar, Mesh
from ..errors import RecipeError, SourceError, Suggestion
from ..explain import nearest
from ..formats import read_glb
from ..render import VIEWS, encode_png, render_sheet
from ..rig import POSES, pose_matrices, skin_normals, skin_positions
from .canonical import to_canonical
from .generate import read_file


def draw(
    file: Path,
    output: Path,
    views: list[str],
    size: int,
    pose: str | None,
    morphs: list[str],
    clip: str | None = None,
    time: float = 0.0,
) -> dict[str, Any]:
    """Draw `file` at rest, in a pose or in a clip; returns what was drawn. Raises RecipeError, SourceError."""
    if pose is not None and clip is not None:
        raise RecipeError("a pose and a clip cannot both be drawn", hint="Leave one of --pose and --clip out.")
    for view in views:
        if view not in VIEWS:
            raise _unknown("view", view, tuple(VIEWS))
    if pose is not None and pose not in POSES:
        raise _unknown("pose", pose, tuple(POSES))
    avatar = read_glb(read_file(file))
    if clip is not None:
        from .playing import at_moment

        avatar = at_moment(avatar, clip, time)
    if morphs:
        avatar = express(avatar, dict(_weight(m) for m in morphs))
    if pose is not None:
        avatar = posed(avatar, pose)
    pixels = render_sheet(avatar, views, size)
    try:
        output.write_bytes(encode_png(pixels))
    except OSError as error:
        raise RecipeError(f"cannot write {output}: {error.strerror or error}") from None
    return {"file": str(output), "width": pixels.shape[1], "height": pixels.shape[0], "views": views}


def _unknown(what: str, word: str, names: tuple[str, ...]) -> RecipeError:
    close = nearest(word, names)
    hint = Suggestion(f"Use '{close[0]}'" if close else "Choose one that exists", ", ".join(names), 0.7)
    return RecipeError(f"unknown {what} '{word}'", suggestions=[hint])


def _weight(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value or 1.0)
    except ValueError:
        raise RecipeError(f"--morph {text}: the weight is not a number") from None


def express(avatar: Avatar, weights: dict[str, float]) -> Avatar:
    """`avatar` with shapes applied by weight. Raises RecipeError for a shape that it has not."""
    known = {m.name for p in avatar.parts for m in p.mesh.morphs}
    if missing := [n for n in weights if n not in known]:
        close = nearest(missing[0], tuple(sorted(known)))
        way = Suggestion(f"Use '{close[0]}'", f"The nearest of its {len(known)} shapes.", close[1]) if close else None
        how = {"suggestions": [way]} if way else {"hint": f"it has {len(known)} shapes; `inspect` lists them"}
        raise RecipeError(f"the file has no shape '{missing[0]}'", **how)

    def apply(mesh: Mesh) -> Mesh:
        active = [(m, weights[m.name]) for m in mesh.morphs if m.name in weights]
        if not active:
            return mesh
        positions = mesh.positions.copy()
        normals = None if mesh.normals is None else mesh.normals.copy()
        for morph, weight in active:
            positions[morph.index] += weight * morph.delta
            if normals is not None and morph.normal is not None:
                normals[morph.index] += weight * morph.normal
        return replace(mesh, positions=positions, normals=normals)

    return avatar.map_meshes(apply)


def posed(avatar: Avatar, pose: str) -> Avatar:
    """`avatar` in one of rig.POSES, its skeleton moved along. Raises SourceError when the skeleton is not ours."""
    canonical = to_canonical(avatar)
    if canonical is None or canonical.skeleton is None:
        raise SourceError("the file's skeleton is not one that the foundry wrote: it cannot be posed here")
    matrices = pose_matrices(canonical.skeleton, POSES[pose])

    def apply(mesh: Mesh) -> Mesh:
        if mesh.joints is None:
            return mesh
        return replace(mesh, positions=skin_positions(mesh, matrices), normals=skin_normals(mesh, matrices))

    moved = replace(canonical.skeleton, rest=matrices @ canonical.skeleton.rest)
    return replace(canonical.map_meshes(apply), skeleton=moved)
