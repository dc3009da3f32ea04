"""Exports that a platform's rules refuse, as the API tells of them, and what files tell of their inspection."""

import json

from avatar_foundry.formats.glb_source import Source

from .conftest import Service

SMALL = {"preset": "average", "morph_targets": False, "lods": False, "texture_size": 256}


def test_a_refused_export_names_rule_place_and_way_out(service: Service) -> None:
    answer = service.post("/api/generate", json={**SMALL, "platform": "vrm", "pose": "A"})
    told = answer.json()
    assert (answer.status_code, told["error_code"], told["stage"]) == (422, "EXPORT_REFUSED", "rules")
    assert "skeleton/t-pose" in told["detail"]
    (suggestion,) = told["suggestions"]
    assert "T-Pose" in suggestion["title"]
    assert {i["pointer"] for i in told["issues"]} == {"/pose"}
    finding = next(f for f in told["findings"] if f["severity"] == "error")
    assert (finding["rule"], finding["code"]) == ("skeleton/t-pose", "not-level")
    assert abs(finding["numbers"]["degrees"] - 45) < 5
    assert finding["suggestion"] == suggestion


def test_files_tell_what_was_found(service: Service) -> None:
    answer = service.post("/api/generate", json={**SMALL, "platform": "web", "formats": ["report"]}).json()
    data = service.get(answer["download_url"]).content
    told = Source(data).document["asset"]["extras"]["validation"]
    assert told["error"] == 0
    found = answer["validation"]["findings"]
    assert sum(told["rules"].values()) == len(found)
    assert set(told["rules"]) == {f["rule"] for f in found}
    name = next(f["name"] for f in answer["files"] if f["name"].endswith("_report.json"))
    report = json.loads(service.get(f"/api/avatars/{answer['avatar_id']}/files/{name}").content)
    assert report["validation"] == answer["validation"]
    assert {"recipe", "engine", "pack"} <= set(report)
    assert [f["sha256"] for f in report["files"]] == [f["sha256"] for f in answer["files"] if f["name"] != name]
    assert "timings" not in report
