"""What figures an event may leave, by its operation and by what holds for all of them."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from app.books.ledger.figures import CLOSED, Figures
from app.books.ledger.proof.differences import BookDifference
from app.books.ledger.proof.entries import AFTER, BEFORE

# Which figures an operation of the ledger moves, and where to: up, down, either way. What is not
# named stays. Operations of other domains are held to what holds for all.
UP, DOWN, ANY = 1, -1, 0
MOVES: dict[str, dict[str, int]] = {
    "reserve": {"pending": UP},
    "post": {"pending": DOWN, "posted": UP},
    "void": {"pending": DOWN},
    "expire": {"pending": DOWN},
    "release": {"posted": DOWN},
    "transfer": {"pending": ANY, "posted": ANY, "ceiling": UP},
    "freeze": {"frozen": UP, "state": UP},
    "unfreeze": {"frozen": DOWN, "state": DOWN},
    "close": {"state": UP},
    "lower": {"total": DOWN},
    "set": {  # It closes what has left, and opens what has come back.
        **dict.fromkeys(("total", "outside", "ceiling", "valid_to", "state"), ANY),
        "source": UP,
    },
}
MOST = 2**63 - 1
CODES = {operation: code for code, operation in enumerate(MOVES, start=1)}
LEAST_BY = np.full((len(MOVES) + 1, len(Figures._fields)), -MOST)
MOST_BY = np.full_like(LEAST_BY, MOST)
for _operation, _moves in MOVES.items():
    for _place, _name in enumerate(Figures._fields):
        _way = _moves.get(_name)
        LEAST_BY[CODES[_operation], _place] = -MOST if _way in (ANY, DOWN) else 0
        MOST_BY[CODES[_operation], _place] = MOST if _way in (ANY, UP) else 0
FIGURE = {name: place for place, name in enumerate(Figures._fields)}


def check_figures(entries: pl.DataFrame, operations: Sequence[str]) -> BookDifference | None:
    """
    Return the first entry whose figures no event of its operation may leave.

    Args:
        entries: Accounts moved; `at` is the place of an entry's event among the operations.
        operations: The operations of the events.
    """
    if not entries.height:
        return None
    before, after = entries.select(BEFORE).to_numpy(), entries.select(AFTER).to_numpy()
    codes = np.array([CODES.get(each, 0) for each in operations])[entries["at"].to_numpy()]
    below = after < 0
    below[:, FIGURE["state"]] |= after[:, FIGURE["state"]] > CLOSED
    by = np.where(below, 0, after) - before  # Of two figures not below nothing: no overflow.
    moved = below | (by < LEAST_BY[codes]) | (by > MOST_BY[codes])
    rest = after[:, FIGURE["ceiling"]]
    over = np.zeros(len(after), dtype=bool)
    for name in ("outside", "posted", "pending", "frozen"):
        rest = np.where(over, 0, rest) - np.maximum(after[:, FIGURE[name]], 0)
        over |= rest < 0
    wrong = moved.any(axis=1) | over
    if not wrong.any():
        return None
    place = int(wrong.argmax())
    number, key = entries["number"][place], entries["key"][place]
    operation = operations[entries["at"][place]]
    if not moved[place].any():
        ceiling = int(after[place, FIGURE["ceiling"]])
        used = sum(int(after[place, each]) for each in range(1, FIGURE["ceiling"]))
        return BookDifference(number, f"{key} used", f"at most {ceiling}", used)
    name = Figures._fields[int(moved[place].argmax())]
    allowed = _words(operation, name, int(before[place, FIGURE[name]]))
    return BookDifference(number, f"{key} {name}", allowed, int(after[place, FIGURE[name]]))


def _words(operation: str, name: str, before: int) -> str:
    if operation not in MOVES:
        return "0 or more"
    way = MOVES[operation].get(name)
    if way == ANY:
        return "0 or more"
    if way is None:
        return f"{before}: {operation} leaves it"
    return f"{before} or {'more' if way == UP else 'less'} after {operation}"
