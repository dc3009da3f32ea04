"""Server-sent events: what they are here, and how bytes become them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 64 << 20  # bytes of one event: far above any result; more is not ours


@dataclass(frozen=True)
class Event:
    """One event of a stream.

    name: "progress" | "result", and in batches "item_started" | "item_completed" | "item_failed" | "batch_completed".
    data: the event's JSON.  id: for Last-Event-ID.
    """

    name: str
    data: Mapping[str, Any]
    id: str = ""

    @property
    def job_id(self) -> str | None:
        """Whose event it is."""
        return self.data.get("job_id")

    @property
    def index(self) -> int | None:
        """The item's place in the batch."""
        return self.data.get("index")

    @property
    def stage(self) -> str:
        """The stage's name on the wire: queued, body, rigging, ..., export_ready."""
        return str(self.data.get("stage") or "")

    @property
    def title(self) -> str:
        """The stage in words."""
        return str(self.data.get("title") or "")

    @property
    def progress(self) -> float:
        """0 to 1; what ends the work is at 1."""
        return 1.0 if self.name in DONE else float(self.data.get("progress") or 0.0)


DONE = frozenset({"result", "item_completed", "batch_completed"})


class Decoder:
    """Bytes in any pieces -> events, by the rules of the HTML standard, section 9.2.6."""

    def __init__(self) -> None:
        self._rest = b""
        self._name, self._id, self._lines, self._size = "", "", list[str](), 0

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events that `data` completes."""
        buffer = self._rest + data
        # A carriage return at the end may be half of a line's end.
        held = buffer.endswith(b"\r")
        lines = buffer[: -1 if held else None].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop() + (b"\r" if held else b"")
        if len(self._rest) + self._size > LONGEST:
            raise ValueError("an event of this size is not ours")
        for line in lines:
            if (event := self._line(line.decode("utf-8", "replace"))) is not None:
                yield event

    def _line(self, line: str) -> Event | None:
        if not line:
            lines, name = self._lines, self._name
            self._name, self._lines, self._size = "", [], 0
            if not lines:
                return None
            data = json.loads("\n".join(lines))
            return Event(name or "message", data if isinstance(data, dict) else {"data": data}, self._id)
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._lines.append(value)
            self._size += len(value)
        elif field == "event":
            self._name = value
        elif field == "id" and "\0" not in value:
            self._id = value
        return None
