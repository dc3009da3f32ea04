"""Write Wavefront OBJ: the avatar as it stands, in a zip with its materials (MTL) and pictures. Deterministic.

The zip holds NAME.obj, NAME.mtl and textures/: importers look for them side by side, so it is unpacked before use.
"""

import io
import zipfile
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .._version import __version__
from ..avatar import Avatar, Material, Mesh, Texture
from ..geometry import unit, vertex_normals
from .decimals import I64, rows, whole
from .fbx import facts
from .fbx_material import surface
from .pictures import ENDINGS, channel, readable, safe_file
from .usdz_mesh import used_vertices

GENERATOR = f"AXIS Avatar Foundry {__version__}"
FOLDER = "textures"
EPOCH = (1980, 1, 1, 0, 0, 0)
POSITIONS, NORMALS, UVS = 6, 4, 6  # decimals: micrometres, 0.003 degrees, a thousandth of a pixel


def write_obj_zip(avatar: Avatar) -> bytes:
    """The avatar as a zip of OBJ, MTL and pictures. Same avatar, same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in obj_files(avatar).items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 0
            entry.external_attr = 0
            entry.compress_type = zipfile.ZIP_STORED if name.startswith(FOLDER) else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()


def obj_files(avatar: Avatar) -> dict[str, bytes]:
    """{path: bytes}: the model first, then the materials, then the pictures."""
    told = dict(zip((m.name for m in avatar.materials), one_word(m.name for m in avatar.materials), strict=True))
    titles = one_word(p.name for p in avatar.parts)
    about = [f"# {GENERATOR}", "# metres, +Y up, front along +Z", *(f"# {key}: {v}" for key, v in facts(avatar))]
    lines = [*about, f"mtllib {avatar.name}.mtl"]
    counts = np.zeros(3, np.int64)  # v, vt, vn so far: OBJ numbers them through the whole file, from 1
    for part, title in zip(avatar.parts, titles, strict=True):
        if len(part.mesh.faces):
            lines += [f"o {title}", f"g {title}"]
            text, used = mesh_lines(part.mesh, f"usemtl {told[part.material]}" if part.material in told else "", counts)
            lines.append(text)
            counts += used
    pictures = Pictures()
    materials = "\n".join([f"# {GENERATOR}", *(material_lines(m, told[m.name], pictures) for m in avatar.materials)])
    model = "\n".join(lines)
    return {f"{avatar.name}.obj": model.encode(), f"{avatar.name}.mtl": materials.encode(), **pictures.files}


def mesh_lines(mesh: Mesh, material: str, before: I64) -> tuple[str, I64]:
    """(text, (3,) how many v, vt and vn it adds to `before`)."""
    keep, faces = used_vertices(mesh)
    normals = unit((mesh.normals if mesh.normals is not None else vertex_normals(mesh.positions, mesh.faces))[keep])
    points, column = whole(mesh.positions[keep], POSITIONS), ["v ", " ", " "]
    if mesh.colors is not None:  # a habit of many programs: colours as screens show them, behind the position
        points = np.concatenate([points, whole(as_shown(mesh.colors[keep, :3]), POSITIONS)], axis=1)
        column += [" ", " ", " "]
    text = rows(points, POSITIONS, column, "\n") + rows(whole(normals, NORMALS), NORMALS, ("vn ", " ", " "), "\n")
    v, n = faces + 1 + before[0], faces + 1 + before[2]
    if mesh.uvs is None or mesh.uv_faces is None:
        corners = np.stack([v, n], axis=2).reshape(-1, 6)
        between = ["f ", "//", " ", "//", " ", "//"]
        uvs = 0
    else:
        used, places = np.unique(mesh.uv_faces, return_inverse=True)
        table = mesh.uvs[used].astype(np.float64)
        table[:, 1] = 1.0 - table[:, 1]  # OBJ's pictures begin at the bottom
        text += rows(whole(table, UVS), UVS, ("vt ", " "), "\n")
        corners = np.stack([v, places.reshape(-1, 3) + 1 + before[1], n], axis=2).reshape(-1, 9)
        between = ["f ", "/", "/", " ", "/", "/", " ", "/", "/"]
        uvs = len(used)
    text += (f"{material}\n" if material else "") + rows(corners, 0, between, "\n")
    return text.removesuffix("\n"), np.array([len(keep), uvs, len(keep)])


def as_shown(linear: NDArray[np.float32]) -> NDArray[np.float64]:
    """Linear colours -> sRGB."""
    c = np.clip(linear.astype(np.float64), 0.0, 1.0)
    return np.asarray(np.where(c <= 0.0031308, 12.92 * c, 1.055 * c ** (1 / 2.4) - 0.055))


class Pictures:
    """The pictures beside the model, each once."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._paths: dict[bytes, str] = {}
        self._taken: set[str] = set()

    def add(self, texture: Texture) -> str:
        """The path of a picture."""
        mime, data = readable(texture)
        return self._path(texture.name or "texture", ENDINGS[mime], data)

    def add_band(self, texture: Texture, band: int, name: str) -> str:
        """The path of one band of a picture, grey."""
        return self._path(f"{texture.name or 'texture'}_{name}", ".png", channel(texture, band))

    def _path(self, name: str, ending: str, data: bytes) -> str:
        if data not in self._paths:
            self._paths[data] = f"{FOLDER}/{safe_file(name, ending, self._taken)}"
            self.files[self._paths[data]] = data
        return self._paths[data]


def material_lines(m: Material, name: str, pictures: Pictures) -> str:
    """A material with the numbers of Phong and, beside them, the common ones of physically based programs."""
    rough, metal = surface(m)
    red, green, blue, alpha = (f"{c:.6g}" for c in m.color)
    lines = [
        f"\nnewmtl {name}",
        f"Kd {red} {green} {blue}",
        "Ks 0.5 0.5 0.5",
        f"Ns {1000.0 * (1.0 - min(max(rough, 0.0), 1.0)) ** 2:.6g}",
        f"Pr {rough:.6g}",
        f"Pm {metal:.6g}",
        f"d {alpha}",
        "illum 2",
    ]
    if m.base is not None:
        lines.append(f"map_Kd {pictures.add(m.base)}")
        if m.alpha_mode != "OPAQUE":
            lines.append(f"map_d {pictures.add(m.base)}")
    if m.orm is not None:
        lines.append(f"map_Pr {pictures.add_band(m.orm, 1, 'roughness')}")
        lines.append(f"map_Pm {pictures.add_band(m.orm, 2, 'metallic')}")
    if m.normal is not None:
        path = pictures.add(m.normal)
        lines += [f"map_Bump -bm {m.normal_scale:.6g} {path}", f"norm {path}"]
    return "\n".join(lines)


def one_word(names: Iterable[str]) -> list[str]:
    """Names without spaces, none twice."""
    taken: set[str] = set()
    return [safe_file(name, "", taken) for name in names]
