"""Problem: what a route raises when it must answer with an error of the API's table."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import Issue, Suggestion
from ..wire import CODES, body_of


class Problem(Exception):
    """An error of `code` (see wire.CODES). `status` differs from the table's only for unparsable JSON."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int = 0,
        suggestions: Sequence[Suggestion] = (),
        issues: Sequence[Issue] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail
        self.status = status or CODES[code].status
        self.suggestions, self.issues = tuple(suggestions), tuple(issues)
        self.headers = dict(headers or {})

    def body(self, request_id: str = "") -> dict[str, Any]:
        """The API's error shape."""
        return body_of(self.code, self.detail, request_id, suggestions=self.suggestions, issues=self.issues)


class Failed(Exception):
    """A job's own error, already in the API's shape."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(str(body.get("detail", "")))
        self.error = dict(body)
        self.status = CODES[self.error["error_code"]].status

    def body(self, request_id: str = "") -> dict[str, Any]:
        """The error, with the id of the request that hears of it."""
        return {**self.error, "request_id": request_id}


def not_found(what: str) -> Problem:
    """404 in words that are the same for what is not there and what belongs to somebody else."""
    return Problem("NOT_FOUND", f"There is no such {what}.")
