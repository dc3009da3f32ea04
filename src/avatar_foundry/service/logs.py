"""Logs: one line per event, as text or JSON. Keys, passwords and bodies are never given to a logger."""

import json
import logging
import re
from typing import Any

_SECRET = re.compile(r"\b(sk-|whsec_)[\w-]{6,}")


class Redacted(logging.Filter):
    """Blank anything that looks like a key, should one ever get into a message."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through."""
        text = record.getMessage()
        if _SECRET.search(text):
            record.msg, record.args = _SECRET.sub(r"\1***", text), None
        return True


class JsonLines(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with time, level, logger, message, request id and user."""
        line: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {k: v for k in ("request_id", "user") if (v := getattr(record, k, None))}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(as_json: bool) -> None:
    """Log to standard error."""
    handler = logging.StreamHandler()
    handler.addFilter(Redacted())
    handler.setFormatter(JsonLines() if as_json else logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name in ("avatar_foundry", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)
    # The access line comes from the envelope, with the request's id.
    logging.getLogger("uvicorn.access").disabled = True
