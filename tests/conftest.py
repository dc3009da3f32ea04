"""Fixtures for every test: the data pack, and independent readers (Khronos' validator, three.js) under Node."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from avatar_foundry.pack import Pack, open_pack

NODE = Path(__file__).parent / "node"
MODULES = Path(os.environ.get("NODE_MODULES", Path(__file__).parents[1] / "node_modules"))

# Comma list of words: a test that is skipped for a reason that names one of them fails. CI sets it, so that nothing
# goes untested there for want of a server or a browser.
REQUIRED = [w for w in os.environ.get("AVATAR_FOUNDRY_TEST_REQUIRES", "").lower().split(",") if w]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Skips for want of what is required become failures."""
    report = yield
    reason = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else ""
    if any(word in reason.lower() for word in REQUIRED):
        report.outcome, report.longrepr = "failed", f"{reason} (AVATAR_FOUNDRY_TEST_REQUIRES asks for it)"
    return report


def run_node(script: str, package: str, *arguments: str) -> Any:
    """What a script of tests/node prints; skips the test without Node or the npm `package`."""
    if shutil.which("node") is None or not (MODULES / package).is_dir():
        pytest.skip(f"needs Node and npm's {package}")
    command = ["node", str(NODE / script), *arguments]
    env = {**os.environ, "NODE_MODULES": str(MODULES)}
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def khronos(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Validate files {name: bytes}; asserts 0 errors and 0 warnings, returns the reports."""

    def check(files: dict[str, bytes]) -> list[dict[str, Any]]:
        paths = []
        for name, data in files.items():
            paths.append(tmp_path / name)
            paths[-1].write_bytes(data)
        reports = run_node("validate.mjs", "gltf-validator", *map(str, paths))
        for report in reports:
            assert (report["errors"], report["warnings"]) == (0, 0), report["issues"]
        return reports

    return check


@pytest.fixture
def three(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What three.js finds in a file, with bones turned: NAME:x:y:z."""

    def load(data: bytes, *turns: str) -> dict[str, Any]:
        path = tmp_path / "three.glb"
        path.write_bytes(data)
        return run_node("load_three.mjs", "three", str(path), *turns)

    return load


@pytest.fixture(scope="session")
def pack() -> Pack:
    """The data pack of this machine, read-only, so all tests share it. `make setup` builds it."""
    return open_pack()
