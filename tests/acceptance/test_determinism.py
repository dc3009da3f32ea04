"""Same recipe, same bytes: in other processes, with hashes seeded otherwise, with a cold cache and a warm one."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from avatar_foundry.build import build
from avatar_foundry.pack import open_pack

ASKED = {"preset": "elf", "prompt": "slim woman", "platform": "web", "texture_size": 256, "lods": False, "seed": 5}
SCRIPT = """
import hashlib, json, sys
from avatar_foundry.build import build
files = build(json.loads(sys.argv[1])).files
print(json.dumps({n: hashlib.sha256(d).hexdigest() for n, d in files.items()}))
"""


def elsewhere(cache: Path, seed: str) -> dict[str, str]:
    env = {**os.environ, "AVATAR_FOUNDRY_CACHE": str(cache), "PYTHONHASHSEED": seed}
    env["AVATAR_FOUNDRY_PACK"] = str(open_pack().path)
    command = [sys.executable, "-c", SCRIPT, json.dumps(ASKED)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_two_processes_cold_and_warm_write_the_same_bytes(tmp_path: Path):
    here = {n: hashlib.sha256(d).hexdigest() for n, d in build(ASKED).files.items()}
    cold = elsewhere(tmp_path, "1")
    warm = elsewhere(tmp_path, "2")
    assert here == cold == warm
