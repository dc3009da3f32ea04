"""Run by a Python with pyufbx: what ufbx finds in an FBX.

usage: python ufbx_read.py, then lines {"arguments": [FILE]} on its input; it answers each by a line.
"""

import json
import sys
from importlib.metadata import version

import ufbx

COUNTED = (
    "meshes",
    "bones",
    "skin_deformers",
    "blend_deformers",
    "blend_shapes",
    "materials",
    "anim_stacks",
    "poses",
)


def read(file):
    """Counts of what is in the file, and ufbx's warnings."""
    scene = ufbx.load_file(file)
    told = {kind: len(getattr(scene, kind)) for kind in COUNTED if hasattr(scene, kind)}
    told["warnings"] = [str(w) for w in getattr(getattr(scene, "metadata", None), "warnings", ())]
    told["version"] = version("pyufbx")
    return told


for line in sys.stdin:
    try:
        told = {"answer": read(*json.loads(line)["arguments"])}
    except Exception as error:
        told = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(told), flush=True)
