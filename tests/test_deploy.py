"""deploy/ speaks of things that are there: settings, files, commands."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from avatar_foundry.service.settings import Settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
# Read elsewhere than by the service's settings.
OTHER = {"AVATAR_FOUNDRY_PACK", "AVATAR_FOUNDRY_CACHE"}
KNOWN = OTHER | {f"AVATAR_FOUNDRY_{name.upper()}" for name in Settings.model_fields}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "example.env", "avatar-foundry.service"])
def test_every_setting_that_is_named_exists(name: str) -> None:
    named = set(re.findall(r"AVATAR_FOUNDRY_[A-Z_]+[A-Z]", (DEPLOY / name).read_text(encoding="utf-8")))
    assert named <= KNOWN


def test_services_wait_for_services_that_are_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {"api", "worker-1", "worker-2", "database", "store"} <= set(services)
    for service in services.values():
        for other, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy" and other != "api":  # the API's check is in its image
                assert "healthcheck" in services[other]
        for volume in service.get("volumes", ()):
            assert volume.partition(":")[0] in compose["volumes"]


def test_living_processes_have_names_and_folders_of_their_own(compose: dict[str, Any]) -> None:
    ours = [s for s in compose["services"].values() if "AVATAR_FOUNDRY_STORE_URL" in s.get("environment", {})]
    names = [s["environment"].get("AVATAR_FOUNDRY_EXECUTOR_ID", "api") for s in ours]
    assert len(set(names)) == len(ours) == 3
    assert len({s["volumes"][0] for s in ours}) == 3


def test_passwords_are_asked_for_and_never_there(compose: dict[str, Any]) -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    for name, value in re.findall(r"(\w*(?:PASSWORD|SECRET\w*)): (.*)", text):
        assert re.fullmatch(r"\$\{\w+:\?.*\}", value), name


def test_the_image_copies_what_the_context_holds() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"]
    copied = [w for line in re.findall(r"^COPY (?!--from)(.*)", text, re.M) for w in line.split()[:-1]]
    for name in copied:
        assert (ROOT / name).exists(), name
        assert any(name == k or name.startswith(k + "/") for k in kept), name
    stages = re.findall(r"^FROM .* AS (\w+)", text, re.M)
    assert set(re.findall(r"--from=(\w+)", text)) <= set(stages)
    assert re.search(r"^USER foundry", text, re.M)
    assert "/health/ready" in text
