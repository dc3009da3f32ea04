"""Binary USD layers of our own making, opened by OpenUSD."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from avatar_foundry.formats.usd_crate import write_crate
from avatar_foundry.formats.usd_layer import Attribute, Layer, Prim, Relationship, Typed, identifier
from avatar_foundry.formats.usd_packing import block, integers

if importlib.util.find_spec("pxr") is None:
    pytest.skip("needs usd-core", allow_module_level=True)

from pxr import Sdf

DICE = np.random.default_rng(11)
# few and many, close together and far apart, rising and falling, at the ends of what 32 bits hold
INTEGERS = {
    "few": np.arange(5),
    "none": np.zeros(0, np.int64),
    "one": np.full(16, 7),
    "rising": np.arange(1000) * 3,
    "small": DICE.integers(-100, 100, 999),
    "medium": DICE.integers(-20_000, 20_000, 1000),
    "large": DICE.integers(-(2**31), 2**31, 1001),
    "mixed": np.cumsum(DICE.choice([0, 1, 300, -70_000], 4001)),
    "ends": np.tile([2**31 - 1, -(2**31)], 20),
}


def opened(layer: Layer, folder: Path) -> Sdf.Layer:
    path = folder / "in.usdc"
    path.write_bytes(write_crate(layer))
    found = Sdf.Layer.FindOrOpen(str(path))
    assert found is not None
    return found


@pytest.mark.parametrize("kind", INTEGERS)
def test_integers_come_back(kind: str, tmp_path: Path) -> None:
    layer = opened(Layer([Prim("Scope", "a", [Attribute("n", "int[]", INTEGERS[kind])])], {}), tmp_path)
    held = layer.GetAttributeAtPath("/a.n").default
    assert np.array_equal(np.array(held, np.int64), INTEGERS[kind])


def test_equal_steps_take_two_bits_each() -> None:
    assert len(integers(np.arange(4000))) <= 4 + 1000 + 4
    assert len(integers(np.arange(4000) * 1000)) <= 4 + 1000 + 4
    for length in (0, 14, 15, 269, 270, 271, 100_000):  # where LZ4's lengths get another byte
        assert len(block(b"x" * length)) - length <= 3 + length // 255


def test_every_kind_of_value_comes_back(tmp_path: Path) -> None:
    numbers = DICE.random((7, 16))
    told: dict[str, object] = {
        "bool": True,
        "int": -5,
        "float": 0.3,
        "double": 0.1,
        "string": 'say "hey"\n',
        "token": "vertex",
        "asset": "textures/a.png",
        "float4": (2, 2, 2, 1),
        "color3f": (0.25, 0.5, 1),
        "matrix4d": numbers[0],
        "float[]": numbers[0],
        "token[]": ["b", "a", "b"],
        "texCoord2f[]": numbers[:, :2],
        "point3f[]": numbers[:, :3],
        "half3[]": np.ones((2, 3)),
        "quatf[]": [(0.5, 0.25, 0.125, 1.0)],
        "matrix4d[]": numbers,
    }
    properties = [Attribute(f"v{k}", kind, value, uniform=k % 2 == 0) for k, (kind, value) in enumerate(told.items())]
    layer = opened(Layer([Prim("Scope", "a", properties)], {}), tmp_path)
    for k, (kind, value) in enumerate(told.items()):
        spec = layer.GetAttributeAtPath(f"/a.v{k}")
        assert str(spec.typeName) == kind
        assert (spec.variability == Sdf.VariabilityUniform) == (k % 2 == 0)
        held = spec.default
        if kind == "quatf[]":
            assert (held[0].real, tuple(held[0].imaginary)) == (1.0, (0.5, 0.25, 0.125))
        elif kind == "asset":
            assert held.path == value
        elif kind in ("string", "token", "token[]"):
            assert (list(held) if kind == "token[]" else held) == value
        else:
            assert np.allclose(np.array(held).ravel(), np.array(value, float).ravel(), atol=1e-6)


def test_a_tree_with_everything_comes_back(tmp_path: Path) -> None:
    deep = Prim("Scope", "bottom")
    for k in range(40):
        deep = Prim("Scope", f"level_{k}", children=[Prim("Scope", "first"), deep, Prim("Scope", "last")])
    mesh = Prim(
        "Mesh",
        "b",
        [
            Attribute("primvars:x", "float[]", [1, 2], meta={"interpolation": Typed("token", "vertex")}),
            Attribute("moving", "float3[]", times=[0, 7.5], samples=[np.zeros((2, 3)), np.ones((2, 3))]),
            Attribute("reads", "float3[]", source="/a/b.moving"),
            Relationship("to", ["/z", "/a/b"]),
        ],
        apis=["MaterialBindingAPI", "SkelBindingAPI"],
        meta={"displayName": Typed("string", "the b"), "kind": Typed("token", "component")},
    )
    meta = {
        "defaultPrim": Typed("token", "a"),
        "metersPerUnit": Typed("double", 1.0),
        "customLayerData": Typed("dictionary", {"licence": Typed("string", "CC0"), "by": Typed("string", "somebody")}),
    }
    layer = opened(Layer([Prim("Xform", "a", children=[mesh, deep]), Prim("Scope", "z")], meta), tmp_path)
    assert (layer.defaultPrim, dict(layer.customLayerData)) == ("a", {"licence": "CC0", "by": "somebody"})
    assert list(layer.rootPrims.keys()) == ["a", "z"]
    b = layer.GetPrimAtPath("/a/b")
    assert (b.typeName, b.kind, b.GetInfo("displayName")) == ("Mesh", "component", "the b")
    assert list(b.GetInfo("apiSchemas").prependedItems) == ["MaterialBindingAPI", "SkelBindingAPI"]
    assert list(map(str, b.relationships["to"].targetPathList.explicitItems)) == ["/z", "/a/b"]
    assert list(map(str, b.attributes["reads"].connectionPathList.explicitItems)) == ["/a/b.moving"]
    assert b.attributes["primvars:x"].GetInfo("interpolation") == "vertex"
    assert layer.ListTimeSamplesForPath("/a/b.moving") == [0, 7.5]
    assert np.array_equal(np.array(layer.QueryTimeSample("/a/b.moving", 7.5)), np.ones((2, 3)))
    inner = "/a/" + "/".join(f"level_{k}" for k in reversed(range(40)))
    assert list(layer.GetPrimAtPath(inner).nameChildren.keys()) == ["first", "bottom", "last"]
    text = layer.ExportToString()
    again = Sdf.Layer.CreateAnonymous(".usda")
    assert again.ImportFromString(text)
    assert again.ExportToString() == text


def test_names_become_identifiers_that_differ() -> None:
    taken: set[str] = set()
    assert [identifier(n, taken) for n in ("a b", "a_b", "1st", "", "Ünï")] == ["a_b", "a_b_2", "_1st", "_", "_n_"]
