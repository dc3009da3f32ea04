"""An upload -> the stages that make an avatar of it, in one readable tuple."""

from collections.abc import Callable

from ..formats.readers import Upload
from ..pipeline import Stage
from ..platforms import PLATFORMS
from ..stages.add_clips import add_clips, chosen
from ..stages.build_lods import build_lods
from ..stages.reduce_levels import reduce_levels
from ..stages.set_normals import set_normals
from ..stages.shade_expressions import shade_expressions
from ..stages.shade_materials import shade_materials
from .check import check_result, check_source, mend
from .face import drop_shapes, give_face
from .ledger import Ledger
from .options import Options
from .read import read_file
from .reduce import meet_budget
from .rig import bind_created, find_skeleton
from .settle import give_materials, rest_in, stand, take_textures


def checking(
    ledger: Ledger, name: str, data: bytes, options: Options, read: Callable[[str, bytes], Upload]
) -> tuple[Stage, ...]:
    """The stages that only look."""
    return (read_file(ledger, name, data, read), check_source(ledger, options))


def plan(
    ledger: Ledger, name: str, data: bytes, options: Options, read: Callable[[str, bytes], Upload]
) -> tuple[Stage, ...]:
    """The stages for an upload, platform finish included. Each notes down in `ledger` what it found and did."""
    platform = PLATFORMS[options.platform].within(options.budget.stated())
    platform.check_shading(options.shading)
    triangles = platform.intake
    if options.triangles is not None and options.budget.triangles is None:
        triangles = options.triangles
    return (
        *checking(ledger, name, data, options, read),
        mend(ledger, options),
        give_materials(),
        meet_budget(ledger, triangles),
        find_skeleton(ledger, options),
        bind_created(ledger),
        stand(ledger),
        *(() if options.morph_targets else (drop_shapes(),)),
        *((give_face(ledger),) if options.morph_targets and not options.no_face else ()),
        set_normals(),
        *((rest_in(options.pose),) if options.pose != "keep" else ()),
        *(
            (add_clips(chosen(options.animations), options.root_motion),)
            if options.animations and platform.remake is None
            else ()
        ),
        shade_expressions(),
        shade_materials(options.shading),
        take_textures(ledger, min(options.texture_size or 8192, platform.budget.texture)),
        *((build_lods(), reduce_levels()) if options.lods and platform.remake is None else ()),
        check_result(ledger, options),
        *platform.finish_for(
            options.atlas if options.atlas is not None else False,
            skeleton=options.skeleton,
            texture_size=options.texture_size,
            notes=ledger.fitted,
        ),
    )
