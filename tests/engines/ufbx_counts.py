"""ufbx: an FBX holds the meshes, skins, shapes, bones and materials that were written, without a warning."""

from .installed import ufbx
from .outcome import Outcome
from .subject import Subject


class Ufbx:
    title = "ufbx"

    def __init__(self) -> None:
        self._version = ""

    def version(self) -> str:
        return self._version

    def check(self, subject: Subject) -> Outcome | None:
        process, files = ufbx(), subject.paths(".fbx")
        if process is None or not files:
            return None
        told = process.ask(arguments=[str(files[0])])
        self._version = told["version"]
        avatar = subject.avatar
        assert avatar.skeleton is not None
        want = {
            "meshes": len(avatar.parts),
            "skin_deformers": len(avatar.parts),
            "blend_deformers": sum(bool(p.mesh.morphs) for p in avatar.parts),
            "blend_shapes": sum(len(p.mesh.morphs) for p in avatar.parts),
            "bones": len(avatar.skeleton.names),
            "materials": len({p.material for p in avatar.parts}),
        }
        problems = [f"ufbx warns: {w}" for w in told["warnings"]]
        problems += [f"{told[k]} {k} instead of {n}" for k, n in want.items() if told[k] != n]
        return Outcome(f"{told['meshes']} meshes, {told['blend_shapes']} shapes", tuple(problems))
