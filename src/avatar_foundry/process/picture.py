"""A picture of an uncertain skeleton: the mesh from the front and the side, its joints coloured by confidence."""

from dataclasses import replace
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from ..autorig.fit import Fit
from ..avatar import Avatar, Material
from ..humanoid import INDEX, NAMES, PARENTS
from ..render.camera import camera_of
from ..render.picture import over_backdrop, render_avatar
from ..repair.place import transform

SIZE = 300  # pixels per view
PALETTE = 96  # colours: the picture travels inside an error message
CLAY = Material("clay", color=(0.55, 0.55, 0.58, 1.0), roughness=0.9, double_sided=True)


def draw_fit(avatar: Avatar, found: Fit) -> bytes:
    """A PNG. avatar: as it was given to `fit`. Red joints are guesses, green ones are sure."""
    bare = replace(avatar, skeleton=None, clips=(), materials=(CLAY,))
    plain = bare.map_parts(
        lambda p: replace(p, lods=(replace(p.mesh, joints=None, weights=None, morphs=()),), material="clay")
    )
    stood = transform(plain, scale=found.scale, turn=found.turn, shift=found.shift)
    sheet = Image.new("RGB", (2 * SIZE, SIZE))
    for k, view in enumerate(("front", "side")):
        camera = camera_of(stood, view)
        image = Image.fromarray(over_backdrop(render_avatar(stood, camera, SIZE))[..., :3])
        pen = ImageDraw.Draw(image)
        at = {n: camera.project(np.asarray(p)[None], SIZE)[0, :2] for n, p in found.joints.items()}
        for name, p in at.items():
            up = PARENTS[INDEX[name]]
            while up >= 0 and NAMES[up] not in at:
                up = PARENTS[up]
            if up >= 0:
                pen.line([*at[NAMES[up]], *p], fill=(30, 30, 40), width=2)
        for name, (x, y) in at.items():
            sure = found.confidence.get(name, 0.0)
            pen.ellipse([x - 3, y - 3, x + 3, y + 3], fill=(int(230 * (1 - sure)), int(190 * sure), 40))
        sheet.paste(image, (k * SIZE, 0))
    out = BytesIO()
    sheet.quantize(PALETTE).save(out, "PNG", optimize=True)
    return out.getvalue()
