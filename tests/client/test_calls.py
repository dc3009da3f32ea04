"""Every method of the client against a real server."""

import hashlib
import inspect
import json
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.served import SMALL, Served

from avatar_foundry.cache import ABOVE
from avatar_foundry.client import (
    AsyncFoundry,
    Conflict,
    Foundry,
    InvalidSignature,
    NotFound,
    Unauthorized,
    UnsupportedFormat,
    ValidationFailed,
    verify_signature,
)

ROOT = Path(__file__).parents[2]


def test_it_imports_nothing_of_the_engine() -> None:
    code = "import sys, avatar_foundry.client; print([m for m in sys.modules if m.startswith('avatar_foundry.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = json.loads(done.stdout.replace("'", '"'))
    assert {m for m in ours if not m.startswith("avatar_foundry.client")} == {"avatar_foundry._version"}
    code = "import sys, avatar_foundry.client; print([m for m in ('numpy', 'pydantic', 'fastapi') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_a_change_in_it_keeps_what_the_engine_made() -> None:
    assert {"cli", "client", "mcp", "service"} <= ABOVE


def test_the_synchronous_client_is_up_to_date() -> None:
    subprocess.run([sys.executable, str(ROOT / "scripts" / "gen-client"), "--check"], check=True)


def test_both_clients_have_the_same_methods() -> None:
    def names(kind: type) -> set[str]:
        return {n for n, _ in inspect.getmembers(kind) if not n.startswith("_")}

    assert names(Foundry) == names(AsyncFoundry)


def test_it_generates_and_saves_files_whose_hashes_are_right(made: Any, foundry: Foundry, tmp_path: Path) -> None:
    assert made["stage_reached"] == "export_ready"
    paths = foundry.save(made, tmp_path / "new" / "folder")
    assert [p.name for p in paths] == [f["name"] for f in made["files"]]
    for path, file in zip(paths, made["files"], strict=True):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
    assert not list(tmp_path.rglob("*.part"))


def test_the_recipe_of_an_answer_gives_the_same_bytes(made: Any, foundry: Foundry) -> None:
    again = foundry.generate(made["recipe"])
    assert again["avatar_id"] != made["avatar_id"]
    assert again["files"][0]["sha256"] == made["files"][0]["sha256"]


def test_fields_win_over_the_recipe(foundry: Foundry) -> None:
    assert foundry.generate(SMALL, platform="godot")["platform"] == "godot"


def test_progress_rises_to_one_and_ends_in_the_result(foundry: Foundry) -> None:
    with foundry.generate_stream(SMALL) as stream:
        events = list(stream)
    steps = [e.progress for e in events if e.name == "progress"]
    assert steps == sorted(steps)
    assert steps[-1] == 1
    assert [e.name for e in events].count("result") == 1
    assert events[-1].data["avatar_id"] == stream.result["avatar_id"]
    assert {e.job_id for e in events if e.name == "progress"} == {stream.job_id}
    assert {"queued", "body", "export_ready"} <= {e.stage for e in events}


def test_leaving_a_stream_early_cancels_the_job(foundry: Foundry) -> None:
    with foundry.generate_stream({**SMALL, "lods": True, "morph_targets": True, "seed": 7}) as stream:
        for event in stream:
            assert event.stage
            break
    assert stream.job_id is not None
    assert foundry.jobs.get(stream.job_id)["state"] == "cancelled"
    with pytest.raises(Conflict):
        foundry.jobs.cancel(stream.job_id)


def test_there_is_no_result_before_the_end(foundry: Foundry) -> None:
    with pytest.raises(RuntimeError):
        _ = foundry.generate_stream(SMALL).result


def test_jobs_are_begun_and_followed_later(foundry: Foundry) -> None:
    begun = foundry.generate_job(SMALL)
    made = foundry.jobs.wait(begun["job_id"])
    assert foundry.jobs.get(begun["job_id"])["state"] == "succeeded"
    first = list(foundry.jobs.events(begun["job_id"]))
    assert first[-1].name == "result"
    late = list(foundry.jobs.events(begun["job_id"], last_event_id=first[-2].id))
    assert [e.name for e in late] == ["result"]
    told = list(foundry.jobs.events(begun["job_id"], last_event_id=first[-1].id))
    assert [e.name for e in told] == ["result"]  # the service has nothing more to tell: the job's record has it
    assert told[0].data["avatar_id"] == made["avatar_id"]


def test_a_batch_tells_of_each_item_and_keeps_their_order(foundry: Foundry) -> None:
    items = [SMALL, {"preset": "nobody"}, {**SMALL, "seed": 3}]
    with foundry.batch_stream(items) as stream:
        events = list(stream)
    assert sorted(e.index for e in events if e.name in ("item_completed", "item_failed")) == [0, 1, 2]
    assert [e.index for e in events if e.name == "item_failed"] == [1]
    result = stream.result
    assert (result["total"], result["succeeded"], result["failed"]) == (3, 2, 1)
    assert result["results"][1]["error_code"] == "VALIDATION_ERROR"
    stands = foundry.jobs.batch(result["batch_id"])
    again = list(foundry.jobs.batch_events(result["batch_id"]))
    assert (again[-1].name, again[-1].data["total"]) == ("batch_completed", 3)
    assert [r.get("avatar_id") for r in stands["results"]] == [r.get("avatar_id") for r in result["results"]]


def test_batches_at_once_and_begun(foundry: Foundry) -> None:
    assert foundry.batch([SMALL])["succeeded"] == 1
    assert foundry.batch_job([SMALL])["total"] == 1


def test_meshes_are_processed_and_judged(foundry: Foundry, made: Any, tmp_path: Path) -> None:
    (path,) = foundry.save(made, tmp_path)[:1]
    processed = foundry.process(path, "unity")
    assert processed["platform"] == "unity"
    with path.open("rb") as file, foundry.process_stream(file, "unity") as stream:
        assert stream.wait()["platform"] == "unity"
    assert foundry.jobs.wait(foundry.process_job(("a.glb", path.read_bytes()), "unity")["job_id"])["rig"]
    assert foundry.validate(path, "unity")["error"] == 0
    with pytest.raises(UnsupportedFormat) as refused:
        foundry.process(("notes.docx", b"hello"))
    assert refused.value.status == 415


def test_variants_and_pictures(foundry: Foundry, made: Any, tmp_path: Path) -> None:
    small = foundry.avatars.glb(made["avatar_id"], tmp_path / "v.glb", textureSizeLimit=256, useMeshOptCompression=True)
    assert small.read_bytes()[:4] == b"glTF"
    shot = foundry.avatars.png(made["avatar_id"], tmp_path / "p.png", camera="fullbody", size=128, background="203040")
    assert shot.read_bytes()[1:4] == b"PNG"
    assert foundry.avatars.picture(made["avatar_id"], size=64)[1:4] == b"PNG"
    with pytest.raises(TypeError):
        foundry.avatars.picture(made["avatar_id"], sise=64)
    assert foundry.preset_picture("warrior", tmp_path / "w.png").read_bytes()[1:4] == b"PNG"
    assert foundry.preview_url(avatar_id="a b") == f"{foundry.url}/api/preview?avatar_id=a+b"


def test_avatars_are_shared_and_archived(foundry: Foundry, made: Any, tmp_path: Path) -> None:
    link = foundry.avatars.share(made["avatar_id"], expires_in=600)
    with Foundry(foundry.url) as stranger:
        assert httpx.get(link["url"]).status_code == 200
        with pytest.raises(Unauthorized):
            stranger.avatars.get(made["avatar_id"])
    foundry.avatars.unshare(made["avatar_id"])
    assert zipfile.is_zipfile(foundry.avatars.archive(made["avatar_id"], tmp_path / "all.zip"))
    with pytest.raises(UnsupportedFormat) as refused:
        foundry.avatars.variant(made["avatar_id"], "usdz", tmp_path / "a.usdz", platform="unity")
    assert refused.value.suggestions


def test_avatars_are_listed_page_by_page_and_deleted(foundry: Foundry) -> None:
    mine = [foundry.generate(SMALL, name=f"Page {i}")["avatar_id"] for i in range(2)]
    page = foundry.avatars.list("Page", limit=1)
    assert page["next_cursor"]
    assert foundry.avatars.list("Page", limit=1, cursor=page["next_cursor"])["items"][0]["avatar_id"] == mine[0]
    assert {a["avatar_id"] for a in foundry.avatars.all()} >= set(mine)
    assert foundry.avatars.get(mine[0])["recipe"]
    for avatar_id in mine:
        foundry.avatars.delete(avatar_id)
    with pytest.raises(NotFound):
        foundry.avatars.get(mine[0])


def test_reviews_are_decided(foundry: Foundry, made: Any) -> None:
    review = foundry.reviews.get(made["review_session_id"])
    assert review["state"] == "pending"
    decided = foundry.reviews.decide(made["review_session_id"], "request_changes", "larger boots")
    assert decided["decisions"][-1]["comment"] == "larger boots"
    assert foundry.reviews.list("changes_requested")["items"]


def test_uploads_keys_users_and_who(foundry: Foundry, server: Served) -> None:
    upload = foundry.uploads.create(("mesh.glb", b"glTF"))
    assert upload["path"] == "/mesh.glb"
    assert upload["id"] in [u["id"] for u in foundry.uploads.list()]
    foundry.uploads.delete(upload["id"])
    user = foundry.users.create("client-test")
    key = foundry.keys.create("mine", ["read"], user="client-test")
    with Foundry(server.url + "/api/", key["key"]) as other:
        assert other.whoami()["scope"] == "read"
        assert other.ticket()
    assert key["id"] in [k["id"] for k in foundry.keys.list()]
    foundry.keys.revoke(key["id"])
    with Foundry(server.url, key["key"]) as other, pytest.raises(Unauthorized):
        other.whoami()
    assert user["name"] in [u["name"] for u in foundry.users.list()]
    foundry.users.delete(user["id"])


def test_what_there_is(foundry: Foundry) -> None:
    assert foundry.health()["status"] == "ok"
    assert "unity" in [p["id"] for p in foundry.platforms()]
    assert "warrior" in [p["id"] for p in foundry.presets()]
    assert foundry.openapi()["openapi"] == "3.0.3"


def test_errors_carry_the_shape(foundry: Foundry) -> None:
    with pytest.raises(ValidationFailed) as caught:
        foundry.generate({"presett": "warrior"})
    error = caught.value
    assert (error.status, error.error_code, error.is_retryable) == (422, "VALIDATION_ERROR", False)
    assert error.issues[0]["pointer"] == "/presett"
    assert error.suggestions[0]["confidence"] > 0
    assert error.request_id
    assert "presett" in str(error)


def test_deliveries_are_signed_so_that_receivers_can_prove_them(foundry: Foundry) -> None:
    got: list[tuple[str | None, bytes]] = []
    arrived = threading.Event()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.headers["X-Foundry-Signature"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            arrived.set()

        def log_message(self, *arguments: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        hook = foundry.webhooks.create(f"http://127.0.0.1:{receiver.server_port}/hook", ["avatar.created"])
        try:
            made = foundry.generate(SMALL)
            assert arrived.wait(20)
            assert foundry.webhooks.get(hook["id"])["deliveries"]
            assert hook["id"] in [h["id"] for h in foundry.webhooks.list()]
        finally:
            foundry.webhooks.delete(hook["id"])
            receiver.shutdown()
            thread.join()
    header, body = got[0]
    secret = hook["secret"] or ""
    assert verify_signature(body, header, secret)["data"]["avatar_id"] == made["avatar_id"]
    for bad in [
        (body + b" ", header, secret),
        (body, header, "whsec_other"),
        (body, None, secret),
        (body, "t=x", secret),
    ]:
        with pytest.raises(InvalidSignature):
            verify_signature(*bad)
    with pytest.raises(InvalidSignature, match="old"):
        verify_signature(body, header, secret, tolerance=-1)
