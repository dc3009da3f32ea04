"""The wheel holds everything: an avatar is made with nothing but what is in it. scripts/check-wheel goes further."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_an_avatar_is_made_from_the_wheel_alone(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    for part in ("service/static/index.html", "geometry/wasm/VERSION", "service/openapi/answers.json", "py.typed"):
        assert f"avatar_foundry/{part}" in names
    assert not [n for n in names if n.endswith((".pack", ".target", ".mhclo", ".pyc"))]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONSAFEPATH": "1"}
    program = "import avatar_foundry.cli as c; print(c.__file__, file=__import__('sys').stderr); c.main()"
    command = [sys.executable, "-c", program, "generate", "--preset", "warrior", "--out", "made", "--json"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert str(tmp_path / "site") in done.stderr
    answer = json.loads(done.stdout)
    data = (tmp_path / "made" / answer["files"][0]["name"]).read_bytes()
    assert (data[:4], len(data)) == (b"glTF", answer["glb_size"])
