"""Avatars that several tests look at: built once, read-only."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from .checks import Made, make
from .presets import ROTATION, asked

NODE = Path(__file__).parents[1] / "node"
MODULES = Path(os.environ.get("NODE_MODULES", Path(__file__).parents[2] / "node_modules"))


@cache
def of_preset(preset: str) -> Made:
    return make(asked(preset))


@pytest.fixture(scope="session", params=sorted(ROTATION))
def preset(request: pytest.FixtureRequest) -> Made:
    """Every preset in turn, each on its platform."""
    return of_preset(request.param)


@pytest.fixture(scope="session")
def reference() -> Made:
    """The request that the issue names."""
    return make({"preset": "warrior", "prompt": "tall athletic male", "platform": "unity", "texture_size": 512})


@pytest.fixture(scope="session")
def node() -> Callable[..., Any]:
    """Run a script of tests/node; its one JSON answer."""

    def run(script: str, package: str, *arguments: str) -> Any:
        if shutil.which("node") is None or not (MODULES / package).is_dir():
            pytest.skip(f"needs Node and npm's {package}")
        command = ["node", str(NODE / script), *arguments]
        env = {**os.environ, "NODE_MODULES": str(MODULES)}
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
