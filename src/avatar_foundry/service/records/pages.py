"""Cursor pagination, newest first."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import Session

from ..ids import from_cursor, to_cursor

T = TypeVar("T")


class Page(NamedTuple):
    """The rows of one page and the cursor of the next, None at the end."""

    items: list[Any]
    next_cursor: str | None

    def wire(self, show: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """The page as the API shows it."""
        return {"items": [show(i) for i in self.items], "next_cursor": self.next_cursor}


def page(session: Session, query: Select[Any], table: Any, limit: int, cursor: str | None) -> Page:
    """Up to `limit` rows of `query` after `cursor`, by `created_at` and `id`, newest first."""
    if cursor:
        at, id = from_cursor(cursor)
        query = query.where(tuple_(table.created_at, table.id) < tuple_(at, id))
    rows = list(session.scalars(query.order_by(table.created_at.desc(), table.id.desc()).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, to_cursor(rows[-1].created_at, rows[-1].id) if more else None)
