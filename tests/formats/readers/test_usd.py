"""USD, where its library is installed: the box with skin, shape and material; nothing from outside the upload."""

import importlib.util

import numpy as np
import pytest
from tests.formats.readers import models as m

from avatar_foundry.errors import SourceError
from avatar_foundry.formats.readers import read_upload

INSTALLED = importlib.util.find_spec("pxr") is not None


def usda(extra: str = "") -> bytes:
    def rows(a) -> str:
        return ", ".join(f"({', '.join(f'{v:g}' for v in r)})" for r in np.asarray(a))

    def flat(a) -> str:
        return ", ".join(str(int(v)) for v in np.asarray(a).reshape(-1))

    turned = np.stack([m.CORNERS[:, 0], -m.CORNERS[:, 2], m.CORNERS[:, 1]], axis=1)
    unit = "((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))"
    high = "((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 1, 1))"
    return f"""#usda 1.0
(
    upAxis = "Z"
    metersPerUnit = 0.01
)
{extra}
def SkelRoot "figure" (prepend apiSchemas = ["SkelBindingAPI"])
{{
    def Skeleton "bones" (prepend apiSchemas = ["SkelBindingAPI"])
    {{
        uniform token[] joints = ["root", "root/tip"]
        uniform matrix4d[] bindTransforms = [{unit}, {high}]
        uniform matrix4d[] restTransforms = [{unit}, {high}]
    }}
    def Mesh "box" (prepend apiSchemas = ["SkelBindingAPI", "MaterialBindingAPI"])
    {{
        point3f[] points = [{rows(turned)}]
        int[] faceVertexCounts = [4, 4, 4, 4, 4, 4]
        int[] faceVertexIndices = [{flat(m.QUADS)}]
        texCoord2f[] primvars:st = [{rows(m.UVS)}] (interpolation = "faceVarying")
        int[] primvars:st:indices = [{flat(np.tile([0, 1, 2, 3], 6))}]
        int[] primvars:skel:jointIndices = [{flat(np.repeat([0, 1], 4))}] (elementSize = 1; interpolation = "vertex")
        float[] primvars:skel:jointWeights = [1, 1, 1, 1, 1, 1, 1, 1] (elementSize = 1; interpolation = "vertex")
        uniform token[] skel:blendShapes = ["grow"]
        rel skel:blendShapeTargets = </figure/box/grow>
        rel skel:skeleton = </figure/bones>
        rel material:binding = </figure/paint>
        def BlendShape "grow"
        {{
            uniform vector3f[] offsets = [(0, 0, 0.25), (0, 0, 0.25), (0, 0, 0.25), (0, 0, 0.25)]
            uniform int[] pointIndices = [4, 5, 6, 7]
        }}
    }}
    def Material "paint"
    {{
        token outputs:surface.connect = </figure/paint/shader.outputs:surface>
        def Shader "shader"
        {{
            uniform token info:id = "UsdPreviewSurface"
            color3f inputs:diffuseColor.connect = </figure/paint/picture.outputs:rgb>
            token outputs:surface
        }}
        def Shader "picture"
        {{
            uniform token info:id = "UsdUVTexture"
            asset inputs:file = @./red.png@
            float3 outputs:rgb
        }}
    }}
}}
""".encode()


@pytest.mark.skipif(INSTALLED, reason="usd-core is installed")
def test_without_the_library_it_is_refused_with_a_way_out() -> None:
    with pytest.raises(SourceError, match="not read by this installation") as told:
        read_upload("a.usda", usda())
    assert "usd" in told.value.hint


@pytest.mark.skipif(not INSTALLED, reason="usd-core is not installed")
@pytest.mark.parametrize("packed", [False, True])
def test_the_box_comes_back(packed: bool) -> None:
    data = m.archive({"a/box.usda": usda(), "a/red.png": m.png()}) if packed else usda()
    upload = read_upload("box.zip" if packed else "box.usda", data)
    assert (upload.source.format, upload.source.unit_metres, upload.source.up) == ("usd", 0.01, "+Z")
    (part,) = upload.avatar.parts
    assert np.abs(part.mesh.positions - m.CORNERS).max() < 1e-6
    assert upload.avatar.skeleton is not None
    assert upload.avatar.skeleton.names == ("root", "tip")
    assert np.abs(upload.avatar.skeleton.rest[1, :3, 3] - [0, 1, 0]).max() < 1e-6
    assert part.mesh.joints[:, 0].tolist() == [0] * 4 + [1] * 4
    assert np.abs(part.mesh.morphs[0].delta - [0, 0.25, 0]).max() < 1e-6
    assert part.material == "paint"
    base = upload.avatar.materials[0].base
    assert (base is not None) == packed
    assert base is None or base.data == m.png()


@pytest.mark.skipif(not INSTALLED, reason="usd-core is not installed")
@pytest.mark.parametrize("address", ["/etc/passwd", "../../etc/hosts.usda", "http://169.254.169.254/a.usda"])
def test_layers_outside_the_upload_are_refused(address: str) -> None:
    with pytest.raises(SourceError, match="not in the upload"):
        read_upload("a.usda", usda(f'def "x" (references = @{address}@)\n{{\n}}'))
