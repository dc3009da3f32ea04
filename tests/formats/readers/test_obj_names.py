"""OBJ is text without a mark: its lines tell it, whatever the file is called."""

import pytest

from avatar_foundry.errors import SourceError
from avatar_foundry.formats.readers.sniff import sniff

OBJ = b"# made by hand\no box\nv 0 0 0\nv 1 0 0\nv 0 1.5e-1 -2\nf 1 2 3\n"


@pytest.mark.parametrize("name", ["box.obj", "box", "box.glb", "box.fbx", "box.txt"])
def test_obj_under_any_name(name: str) -> None:
    assert sniff(name, OBJ) == "obj"


def test_text_that_is_no_obj() -> None:
    with pytest.raises(SourceError):
        sniff("notes.glb", b"v is for vertex\nf is for face\n")
