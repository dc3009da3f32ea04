"""Show the progress of long steps on standard error: bars on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .compiler import Progress


@contextmanager
def shown() -> Iterator[Progress]:
    """A callback (title, fraction) that shows one line per title while the block runs."""
    if not sys.stderr.isatty():
        yield plain()
        return
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    bars = Bars(console=Console(stderr=True))
    rows: dict[str, TaskID] = {}

    def show(title: str, fraction: float) -> None:
        if title not in rows:
            for row in rows.values():
                bars.update(row, completed=1.0)
            rows[title] = bars.add_task(title, total=1.0)
        bars.update(rows[title], completed=fraction)

    with bars:
        yield show
        for row in rows.values():
            bars.update(row, completed=1.0)


def plain() -> Progress:
    """One line when a step begins and one per further quarter."""
    quarters: dict[str, int] = {}

    def show(title: str, fraction: float) -> None:
        quarter = int(fraction * 4)
        if quarter > quarters.get(title, -1):
            quarters[title] = quarter
            done = f" {quarter * 25} %" if quarter else " ..."
            print(f"{title}{done}", file=sys.stderr, flush=True)

    return show
