"""The engine in this process: files in the root folder, reviews beside them."""

import json
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread

from ..errors import Cancelled, RecipeError
from . import engine
from .confine import Root
from .engine import Outcome, Report
from .server import Tell
from .tools import Generate, Process, Review, Validate
from .worker import Base

Work = Callable[[Report], Outcome]
LEDGER = ".avatar-foundry.json"
MOST = 10_000  # reviews that are kept
STATES = {"approve": "approved", "reject": "rejected", "request_changes": "changes_requested"}


class Local(Base):
    """Makes avatars here, one at a time: the engine takes a whole core."""

    def __init__(self, root: Root) -> None:
        super().__init__(root)
        self._turn = anyio.CapacityLimiter(1)

    async def generate(self, asked: Generate, tell: Tell) -> dict[str, Any]:
        """Build, write, note the review."""
        fields = asked.model_dump(mode="json", exclude_unset=True, exclude={"folder"})
        return await self._made(lambda report: engine.generate(fields, report), asked.folder, tell)

    async def process(self, asked: Process, tell: Tell) -> dict[str, Any]:
        """Read, mend, rig, write."""
        path, options = self.root.file(asked.file), asked.form()
        return await self._made(lambda report: engine.process(path, options, report), asked.folder, tell)

    async def validate(self, asked: Validate, tell: Tell) -> dict[str, Any]:
        """Read and judge."""
        path = self.root.file(asked.file)
        answer, _ = await self._run(lambda report: engine.validate(path, asked.platform, report), tell)
        return answer

    async def review(self, asked: Review, tell: Tell) -> dict[str, Any]:
        """List or decide."""
        ledger = self._ledger()
        if asked.action == "list":
            found = [r for r in reversed(ledger) if asked.state in (None, r["state"])]
            return {"reviews": found[:100]}
        if asked.review_session_id is None or asked.decision is None:
            raise RecipeError("/decision: to decide, give review_session_id and decision", pointer="/decision")
        for review in ledger:
            if review["review_session_id"] == asked.review_session_id:
                review["state"] = STATES[asked.decision]
                decision = {"decision": asked.decision, "comment": asked.comment, "at": _now()}
                review["decisions"].append(decision)
                self._keep(ledger)
                return review
        raise RecipeError("/review_session_id: there is no such review", pointer="/review_session_id")

    async def glb_of(self, avatar_id: str) -> bytes:
        """The main GLB of an avatar that was made here."""
        for review in self._ledger():
            if review["avatar_id"] == avatar_id:
                path = self.root.file(review["files"][0], "/avatar_id")
                return await anyio.to_thread.run_sync(path.read_bytes)
        raise RecipeError("/avatar_id: there is no such avatar", pointer="/avatar_id")

    async def _made(self, work: Work, folder: str, tell: Tell) -> dict[str, Any]:
        place = self.root.output(folder)
        answer, files = await self._run(work, tell)
        saved = [self.root.write(place, name, data) for name, data in files.items()]
        ids = {"avatar_id": f"avatar_{secrets.token_hex(6)}", "review_session_id": f"review_{secrets.token_hex(6)}"}
        # One file of one name: an older avatar that was written over is gone.
        ledger = [r for r in self._ledger() if r["files"][0] not in saved]
        ledger.append({**ids, "state": "pending", "decisions": [], "files": saved, "created_at": _now()})
        self._keep(ledger[-MOST:])
        return self.shortened({**answer, **ids}, saved)

    async def _run(self, work: Work, tell: Tell) -> Outcome:
        stopped = threading.Event()

        def report(progress: float, title: str) -> None:
            if stopped.is_set():
                raise Cancelled("cancelled")
            anyio.from_thread.run(tell, progress, title)

        try:
            done = await anyio.to_thread.run_sync(work, report, limiter=self._turn, abandon_on_cancel=True)
        finally:
            stopped.set()
        await tell(1.0, "Ready")
        return done

    def _ledger(self) -> list[dict[str, Any]]:
        with suppress(OSError, ValueError):
            kept = json.loads((self.root.folder / LEDGER).read_text(encoding="utf-8"))
            return [r for r in kept["reviews"] if isinstance(r, dict) and r.get("files")]
        return []

    def _keep(self, ledger: list[dict[str, Any]]) -> None:
        data = json.dumps({"reviews": ledger}, ensure_ascii=False, indent=1).encode()
        self.root.write(self.root.folder, LEDGER, data)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
