"""Where the engines are on this machine. What is missing is fetched into the cache folder, once.

NODE_MODULES, BABYLON_MODULES, BLENDER_PYTHON, UFBX_PYTHON and GODOT3 name what is already there.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from avatar_foundry.pack import cache_dir

from .process import Process

ROOT = Path(__file__).resolve().parents[2]
BABYLON = ("@babylonjs/core@9.35.0", "@babylonjs/loaders@9.28.0")
BLENDER = ("bpy==5.0.1", "numpy<2")
UFBX = ("pyufbx==0.0.7",)


def node_modules() -> Path:
    """The npm packages of package.json."""
    return Path(os.environ.get("NODE_MODULES", ROOT / "node_modules"))


def babylon_modules() -> Path:
    """npm packages with Babylon.js: large, so they are fetched for these checks alone."""
    if own := os.environ.get("BABYLON_MODULES"):
        return Path(own)
    folder = cache_dir() / "engines" / "babylon"
    if not (folder / "node_modules/@babylonjs/loaders").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", *BABYLON]
        subprocess.run(command, cwd=folder, check=True)
    return folder / "node_modules"


def python_with(module: str, variable: str, packages: tuple[str, ...]) -> Path | None:
    """The Python of an environment that has `module`, made when absent; None where its packages cannot be had."""
    if own := os.environ.get(variable):
        return Path(own)
    folder = cache_dir() / "engines" / module
    python = folder / "bin/python"
    if (
        not python.exists()
        or subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode
    ):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        if subprocess.run([python, "-m", "pip", "install", "-qq", *packages], check=False).returncode:
            return None
    return python


@cache
def node(engine: str) -> Process:
    """A Node process for one engine: "three", "fbx" (its loader wants a page's globals), "babylon" or "khronos"."""
    modules = babylon_modules() if engine == "babylon" else node_modules()
    return Process(["node", str(ROOT / "tests/node/serve.mjs")], {"NODE_MODULES": str(modules)})


@cache
def blender() -> Process | None:
    """Blender as a Python module, or None."""
    python = python_with("bpy", "BLENDER_PYTHON", BLENDER)
    return python and Process([str(python), str(ROOT / "tests/engines/blender_import.py")])


@cache
def ufbx() -> Process | None:
    """ufbx by its Python module, or None."""
    python = python_with("ufbx", "UFBX_PYTHON", UFBX)
    return python and Process([str(python), str(ROOT / "tests/engines/ufbx_read.py")])


def godot3() -> str | None:
    """Godot 3 without a screen (Debian: godot3-server), or None."""
    return os.environ.get("GODOT3") or shutil.which("godot3-server")
