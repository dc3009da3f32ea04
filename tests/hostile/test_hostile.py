"""Hostile files: each gives a clear error from the reader itself, within 5 s and 1 GB, and the next file is read."""

import os

import pytest
from tests.formats.readers import models as m
from tests.hostile.files import HARMLESS, REFUSED

from avatar_foundry.errors import SourceError
from avatar_foundry.formats.readers import sandbox

LIMITS = {"seconds": 5.0, "megabytes": 1024}
SECRET = "root:x:0:0"


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_there_are_enough() -> None:
    assert len(REFUSED) >= 60


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    name, data = REFUSED[case]()
    with pytest.raises(SourceError) as told:
        sandbox.read_safely(name, data, **LIMITS)
    text = str(told.value)
    assert 10 < len(text) < 300
    assert text.isprintable()
    # the reader itself found the fault: it was not the limits that ended it
    assert "takes longer" not in text
    assert "of memory" not in text
    assert "stops the reader" not in text
    assert SECRET not in text


@pytest.mark.parametrize("case", HARMLESS)
def test_harmless(case: str) -> None:
    name, data = HARMLESS[case]()
    upload = sandbox.read_safely(name, data, **LIMITS)
    assert upload.source.counts["triangles"] == 12
    assert all(t is None or t.data == m.png() for k in upload.avatar.materials for t in (k.base, k.normal, k.orm))


def test_the_worker_lives_and_nothing_leaks() -> None:
    box = m.glb()
    sandbox.read_safely("box.glb", box, **LIMITS)
    keeper, before = sandbox._keeper(), open_files()
    for case in ("glb ring of nodes", "fbx array bomb", "zip traversal"):
        with pytest.raises(SourceError):
            sandbox.read_safely(*REFUSED[case](), **LIMITS)
    assert sandbox.read_safely("box.glb", box, **LIMITS).source.counts["triangles"] == 12
    assert sandbox._keeper() is keeper
    assert open_files() == before
    children = f"/proc/{keeper._process.pid}/task/{keeper._process.pid}/children"
    with open(children) as file:
        assert file.read().split() == []
