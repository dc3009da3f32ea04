"""docs/api.md: every block is run as a reader would paste it, and shows every endpoint."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.served import Served

from avatar_foundry.service.auth.scopes import ROUTES

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
PAGES = {"/", "/setup", "/generate", "/avatars", "/process", "/settings", "/settings/keys"}  # of the dashboard
MARK = "@@@@"


def blocks() -> list[str]:
    return BLOCK.findall(PAGE.read_text(encoding="utf-8"))


def wanted(block: str) -> list[str]:
    """What a block's output must contain."""
    return re.findall(r"^# → (.+)$", block, re.M)


def test_every_block_works_as_pasted(server: Served, tmp_path: Path) -> None:
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("needs curl and bash")
    script = "".join(f"echo '{MARK}'\n{block}" for block in blocks())
    env = {**os.environ, "FOUNDRY": server.url, "KEY": server.key}
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False)
    outputs = done.stdout.split(MARK)[1:]
    assert done.returncode == 0, f"{blocks()[len(outputs) - 1]}\n{outputs[-1]}\n{done.stderr}"
    missing = []
    for block, output in zip(blocks(), outputs, strict=True):
        rest = output
        for text in wanted(block):  # in this order
            before, found, rest = rest.partition(text)
            if not found:
                missing.append(f"{text!r} in {before[-1500:]!r}")
                rest = before
    assert missing == []


def test_every_endpoint_is_shown() -> None:
    text = "\n".join(blocks())
    missing = []
    for method, path in sorted(ROUTES):
        if path in PAGES or path.startswith(("/assets/", "/docs/")):
            continue
        pattern = re.sub(r"\\{\w+\\}", r"[^\\s\"/]+", re.escape(path))
        shown = re.findall(rf"^[^\n]*\$FOUNDRY{pattern}(?=[\s\"?])[^\n]*", text.replace("\\\n", " "), re.M)
        posts = [s for s in shown if re.search(r" -d | -F |-X POST|-d @| --data", s) and " -G " not in s]
        kinds = {
            "DELETE": [s for s in shown if "-X DELETE" in s],
            "POST": posts,
            "GET": [s for s in shown if "-X DELETE" not in s and s not in posts],
        }
        if not kinds.get(method, [s for s in shown if f"-X {method}" in s or f"--{method.lower()} " in s]):
            missing.append(f"{method} {path}")
    assert missing == []
