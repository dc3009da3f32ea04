"""The command line in this process: fast, with standard output and error apart."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from avatar_foundry.cli.app import app
from avatar_foundry.wire import CODES


class Told:
    """What a command said: its exit code, output, error output."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)

    def error(self, code: str) -> dict[str, Any]:
        """Standard output as an error object of the API's shape with `code`."""
        body: dict[str, Any] = self.json
        assert body["error_code"] == code
        assert body["error"] == CODES[code].title
        assert body["detail"]
        assert {"request_id", "is_retryable", "issues", "suggestions"} <= set(body)
        for suggestion in body["suggestions"]:
            assert set(suggestion) == {"title", "description", "confidence", "auto_fixable", "action"}
            assert 0.0 <= suggestion["confidence"] <= 1.0
        for issue in body["issues"]:
            assert set(issue) == {"pointer", "message"}
        assert not re.search(r"Traceback|site-packages|/src/", self.out)
        return body


@pytest.fixture
def foundry() -> Callable[..., Told]:
    def run(*arguments: str, stdin: str | None = None) -> Told:
        done = CliRunner().invoke(app, list(arguments), input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Told(done.exit_code, done.stdout, done.stderr)

    return run
