"""Files made to hurt: each is refused as unreadable, by `read_glb` and by the commands, quickly and with one line."""

import json
import struct
import time

import numpy as np
import pytest
from tests.figures import figure

from avatar_foundry.errors import SourceError
from avatar_foundry.formats import read_glb, write_glb

SOON = 2.0  # seconds


def glb(document: object, binary: bytes = b"", *, text: bytes | None = None) -> bytes:
    body = json.dumps(document).encode() if text is None else text
    body += b" " * (-len(body) % 4)
    head = struct.pack(
        "<4sIIII", b"glTF", 2, 20 + len(body) + (8 + len(binary) if binary else 0), len(body), 0x4E4F534A
    )
    return head + body + (struct.pack("<II", len(binary), 0x004E4942) + binary if binary else b"")


def triangle(**change: object) -> dict:
    """A smallest document: one triangle; `change` replaces top-level lists."""
    return {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 36},
            {"buffer": 0, "byteOffset": 36, "byteLength": 6},
        ],
        "buffers": [{"byteLength": 44}],
        **change,
    }


CORNERS = np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0]])
BIN = CORNERS.tobytes() + np.uint16([0, 1, 2, 0]).tobytes()
POINTS, INDEX = triangle()["accessors"]
SPARSE = {"componentType": 5126, "type": "VEC3"}


def sparse(count: int, entries: int) -> list[dict]:
    at = {"bufferView": 1, "componentType": 5123}
    holes = {"count": entries, "indices": at, "values": {"bufferView": 0}}
    return [{**SPARSE, "count": count, "sparse": holes}, INDEX]


def chain(length: int) -> list[dict]:
    return [{"children": [i + 1]} for i in range(length)] + [{"mesh": 0}]


whole = write_glb(figure(1))
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "four bytes": b"glTF",
    "wrong magic": b"GLTF" + whole[4:],
    "version one": whole[:4] + struct.pack("<I", 1) + whole[8:],
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "zeros": bytes(4096),
    "cut in the JSON": whole[:100],
    "cut in the numbers": whole[: len(whole) // 2],
    "length that lies": whole[:8] + struct.pack("<I", 2**32 - 1) + whole[12:],
    "JSON chunk that lies": whole[:12] + struct.pack("<I", 2**31) + whole[16:],
    "JSON that is none": glb(None, text=b"{" * 400),
    "JSON of ten thousand brackets": glb(None, text=b"[" * 100_000),
    "not UTF-8": glb(None, text=b'{"asset": "\xff\xfe"}'),
    "a list": glb([1, 2, 3]),
    "lists that are numbers": glb(triangle(nodes=7)),
    "two thousand million points": glb(triangle(accessors=[{**POINTS, "count": 2**31}, INDEX]), BIN),
    "sparse over everything": glb(triangle(accessors=sparse(2**31 - 1, 3)), BIN),
    "more sparse entries than room": glb(triangle(accessors=sparse(3, 10**9)), BIN),
    "negative count": glb(triangle(accessors=[{**POINTS, "count": -3}, INDEX]), BIN),
    "count that is text": glb(triangle(accessors=[{**POINTS, "count": "3"}, INDEX]), BIN),
    "view outside the buffer": glb(triangle(bufferViews=[{"buffer": 0, "byteLength": 10**12}] * 2), BIN),
    "offset that overflows": glb(triangle(accessors=[{**POINTS, "byteOffset": 2**63 - 1}, INDEX]), BIN),
    "not a number": glb(triangle(), np.full((3, 3), np.nan, np.float32).tobytes() + BIN[36:]),
    "infinite": glb(triangle(), np.full((3, 3), np.inf, np.float32).tobytes() + BIN[36:]),
    "node of itself": glb(triangle(nodes=[{"mesh": 0, "children": [0]}]), BIN),
    "nodes in a ring": glb(triangle(nodes=[{"children": [1]}, {"children": [0], "mesh": 0}]), BIN),
    "node of two parents": glb(triangle(nodes=[{"children": [2]}, {"children": [2]}, {"mesh": 0}]), BIN),
    "face beyond the points": glb(triangle(), CORNERS.tobytes() + np.uint16([0, 1, 9, 0]).tobytes()),
    "matrix of text": glb(triangle(nodes=[{"mesh": 0, "matrix": ["x"] * 16}]), BIN),
    "a file elsewhere": glb(triangle(buffers=[{"uri": "../../etc/passwd", "byteLength": 44}]), BIN),
    "a page elsewhere": glb(triangle(buffers=[{"uri": "http://127.0.0.1/x.bin", "byteLength": 44}]), BIN),
    "inline data that is none": glb(triangle(buffers=[{"uri": "data:;base64,####", "byteLength": 44}])),
    "ten thousand nodes deep, then nothing": glb(triangle(nodes=chain(50_000)[:-1]), BIN),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_soon(case):
    begin = time.perf_counter()
    with pytest.raises(SourceError) as told:
        read_glb(HOSTILE[case])
    assert len(str(told.value)) < 500
    assert time.perf_counter() - begin < 5 * SOON  # SOON is meant; a busy machine gets five times that


@pytest.mark.parametrize("case", ["nothing", "wrong magic", "cut in the numbers", "sparse over everything", "infinite"])
@pytest.mark.parametrize("command", ["inspect", "render"])
def test_commands_refuse_hostile_files(command, case, foundry, tmp_path):
    file, picture = tmp_path / "bad.glb", tmp_path / "sheet.png"
    file.write_bytes(HOSTILE[case])
    extra = ["-o", str(picture)] if command == "render" else []
    told = foundry(command, str(file), *extra, "--json")
    assert told.code == 2
    told.error("MESH_UNREADABLE")
    assert not picture.exists()


def test_deep_but_sound_files_are_read():
    assert len(read_glb(glb(triangle(nodes=chain(2000)), BIN)).parts) == 1


def test_the_smallest_file_is_read():
    avatar = read_glb(glb(triangle(), BIN))
    assert (avatar.parts[0].mesh.positions == CORNERS).all()
