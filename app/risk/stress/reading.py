"""Pages of what is known about scenarios: changes by round, attribution, two side by side."""

from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path as Directory
from typing import Any

import pyarrow as pa

from app.platform.documents import Document
from app.platform.http.cursors import read_cursor, write_cursor
from app.platform.http.paging import Page
from app.risk.stress.repository import ScenarioFolder
from app.risk.stress.service import share

E4 = 10**8  # Units of 1e-12 in one of 1e-4.


def rounds_page(scenarios: Directory, scenario: str, page: Page | None = None) -> Document:
    """
    Return a page of the changes of a scenario, in order of rounds; all of them without a page.

    Raises:
        Absent: There is no such scenario, or its rounds were not computed.
        Malformed: The cursor is none of this list.
    """
    kept = ScenarioFolder(scenarios)
    rows, goes_on = _page_of(kept.table(scenario, "rounds"), page)
    items = [_change(row) for row in rows]
    return {**kept.read(scenario, "rounds"), "items": items, "next": goes_on}


def _change(row: dict[str, Any]) -> Document:
    through = _firm(row, "through")
    return {
        "round": row["round"],
        "id": row["firm"],
        "name": row["firm_name"],
        "channel": row["channel"],
        "reason": row["reason"],
        "before": share(row["before_e12"]),
        "after": share(row["after_e12"]),
        "through": through,
        "through_share": None if through is None else share(row["share_e4"] * E4),
        "mover": _firm(row, "mover"),
    }


def _firm(row: dict[str, Any], column: str) -> Document | None:
    firm = row[column]
    return None if firm is None else {"id": firm, "name": row[f"{column}_name"]}


def attribution_page(scenarios: Directory, scenario: str, page: Page | None = None) -> Document:
    """
    Return whose failing costs what, and a page of the trades that carried it.

    Raises:
        Absent: There is no such scenario, or its attribution was not computed.
        Malformed: The cursor is none of this list.
    """
    kept = ScenarioFolder(scenarios)
    rows, goes_on = _page_of(kept.table(scenario, "attribution"), page)
    trades = [
        {
            "supplier": _firm(row, "supplier"),
            "buyer": _firm(row, "buyer"),
            "inputs_fen": row["inputs_fen"],
            "orders_fen": row["orders_fen"],
        }
        for row in rows
    ]
    return {**kept.read(scenario, "attribution"), "items": trades, "next": goes_on}


def comparison_page(
    scenarios: Directory, scenario: str, other: str, page: Page | None = None
) -> Document:
    """
    Return two scenarios side by side: in all, by round, and a page of firms, largest gap first.

    Raises:
        Absent: There is no such scenario.
        Malformed: The cursor is none of this list.
    """
    kept = ScenarioFolder(scenarios)
    return compared(kept.read(scenario), kept.read(other), page)


def compared(one: Document, other: Document, page: Page | None = None) -> Document:
    """Return two documents side by side."""
    sides = [{firm["id"]: firm for firm in each["firms"]} for each in (one, other)]
    firms = sorted(
        (_pair(id_, *(side.get(id_) for side in sides)) for id_ in sides[0].keys() | sides[1]),
        key=lambda pair: (-abs(pair["difference_fen"]), pair["id"]),
    )
    at = _begins(page)
    items = firms[at : at + page.size] if page else firms
    return {
        **{name: one[name] for name in ("scenario", "version", "as_of", "policy")},
        "with": {name: other[name] for name in ("scenario", "version", "as_of", "policy")},
        "loss_fen": one["loss_fen"],
        "with_loss_fen": other["loss_fen"],
        "difference_fen": other["loss_fen"] - one["loss_fen"],
        "firms": len(firms),
        "rounds": _by_round(one["rounds"], other["rounds"]),
        "items": items,
        "next": _next(at + len(items), len(firms)),
    }


def _by_round(one: Iterable[Document], other: Iterable[Document]) -> list[Document]:
    return [
        {"round": number, "loss_fen": _lost(a), "with_loss_fen": _lost(b)}
        for number, (a, b) in enumerate(zip_longest(one, other))
    ]


def _pair(id_: str, one: Document | None, other: Document | None) -> Document:
    lost = (_lost(one), _lost(other))
    known = one or other or {}
    return {
        "id": id_,
        "name": known["name"],
        "loss_fen": lost[0],
        "with_loss_fen": lost[1],
        "difference_fen": lost[1] - lost[0],
        "round": one["round"] if one else None,
        "with_round": other["round"] if other else None,
    }


def _lost(row: Document | None) -> int:
    return int(row["loss_fen"]) if row else 0


def _page_of(rows: pa.Table, page: Page | None) -> tuple[list[dict[str, Any]], str | None]:
    """Return the rows of a page, and the cursor of the next one."""
    at = _begins(page)
    found = rows.slice(at, page.size if page else None).to_pylist()
    return found, _next(at + len(found), len(rows))


def _begins(page: Page | None) -> int:
    return int(read_cursor(page.cursor, at=int)["at"]) if page and page.cursor else 0


def _next(at: int, size: int) -> str | None:
    return write_cursor({"at": at}) if at < size else None
