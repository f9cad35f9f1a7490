"""
What commands print: facts on standard output, everything else on standard error.

With `--json` one document is all that standard output sees, so that a pipe can read it.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.kit.documents import dumps

ProgressStep = Callable[[str, float], None]


def print_document(document: object) -> None:
    """Print one JSON document on standard output."""
    sys.stdout.write(dumps(document, indent=2) + "\n")


def say(text: str) -> None:
    """Print a line for people on standard error."""
    sys.stderr.write(text + "\n")


def show(text: str) -> None:
    """Print a line of facts on standard output."""
    sys.stdout.write(text + "\n")


def show_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows as a plain table on standard output; numbers stand to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        right = any(isinstance(row[place], int | float) for row in rows)
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*["" if cell is None else _cell(cell) for cell in row])
    Console(file=sys.stdout, highlight=False, markup=False, soft_wrap=True).print(table)


def show_facts(facts: Mapping[str, object]) -> None:
    """Print names and values, one a line, on standard output."""
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        show(f"{name:<{width}}  {'' if value is None else value}")


def yuan(amount_fen: int | None) -> str:
    """
    Return an amount in yuan with two places, or a dash where it is absent.

    Example:
        >>> yuan(928000000), yuan(-5), yuan(None)
        ('9,280,000.00', '-0.05', '-')
    """
    if amount_fen is None:
        return "-"
    sign = "-" if amount_fen < 0 else ""
    whole, part = divmod(abs(amount_fen), 100)
    return f"{sign}{whole:,}.{part:02d}"


@contextlib.contextmanager
def progress(title: str) -> Iterator[ProgressStep]:
    """Yield a function that takes a step's name and the share done; a bar on a terminal only."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(title, total=1.0)

        def step(name: str, share: float) -> None:
            bar.update(task, description=f"{title}: {name}", completed=share)

        yield step


def _cell(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)
