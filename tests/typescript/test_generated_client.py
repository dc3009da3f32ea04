"""An off-the-shelf generator makes a TypeScript client of the live description: strict types, and it works."""

import json
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest
from tests.conftest import MODULES
from tests.served import served

HERE = Path(__file__).parent
NEEDED = ("openapi-typescript", "openapi-fetch", "typescript")
COMPILER = {
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "exactOptionalPropertyTypes": True,
    "noImplicitReturns": True,
    "target": "ES2022",
    "module": "ESNext",
    "moduleResolution": "bundler",
    "lib": ["ES2022", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    "types": [],
    "outDir": "out",
}


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with the generated types; skips without Node and its packages."""
    if shutil.which("node") is None or not all((MODULES / name).is_dir() for name in NEEDED):
        pytest.skip("needs Node and the packages of package.json")
    (tmp_path / "node_modules").symlink_to(MODULES)
    (tmp_path / "package.json").write_text(json.dumps({"type": "module"}))
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": COMPILER, "files": ["tour.ts"]}))
    shutil.copy(HERE / "tour.ts", tmp_path)
    return tmp_path


def test_a_generated_client_works(folder: Path, request: pytest.FixtureRequest) -> None:
    server = served(request.config)
    with urllib.request.urlopen(f"{server.url}/openapi.json", timeout=30) as answer:
        (folder / "openapi.json").write_bytes(answer.read())
    generator = ["node_modules/openapi-typescript/bin/cli.js", "openapi.json", "-o", "schema.d.ts"]
    run(folder, "node", *generator, "--default-non-nullable=false")
    types = (folder / "schema.d.ts").read_text()
    assert "Body_" not in types
    assert {"generateAvatar", "followJob", "downloadFile"} <= set(re.findall(r"^    (\w+): \{$", types, re.M))

    run(folder, "node", "node_modules/typescript/bin/tsc", "--project", ".")
    said = json.loads(run(folder, "node", "out/tour.js", server.url, server.key))
    assert said["stage"] == "export_ready"
    assert said["events"]["last"] == "result"
    assert said["events"]["stages"][-1] == "export_ready"
    assert said["events"]["seen"] == len(said["events"]["stages"]) + 1
    assert said["file"]["magic"] == "glTF"
    assert said["mistake"]["status"] == 422
    assert said["mistake"]["code"] == "VALIDATION_ERROR"
    assert said["mistake"]["pointer"] == "/compression"
    assert said["processed"] == "unity"
    assert said["reviews"] == 1
