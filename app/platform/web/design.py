"""The sheet of parts: every part that pages are put together from, in both looks and languages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.platform.auth.rules import BANK, allow
from app.platform.http.routing import Router
from app.platform.web.charts import (
    GRADES,
    Flow,
    Group,
    bar_picture,
    chain_picture,
    limit_bar,
    line_picture,
)
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.facets import Facet, facets, passing
from app.platform.web.listing import Listing, listing
from app.platform.web.money import amount, scale
from app.platform.web.preferences import Theme
from app.platform.web.render import firms_in_words, page
from app.platform.web.texts import Language, Texts

router = Router()
PARTS = (
    *("type", "space", "colour", "buttons", "kpi", "limit_bar", "table", "form", "files", "state"),
    *("timeline", "tree", "notice", "empty", "overlay", "bars", "line", "tiers"),
)
BROAD = frozenset({"kpi", "table", "bars", "line", "tiers"})  # Shown over the whole page too.
ROWS_SHOWN = 6
INVENTED = 120  # Rows of a list with more than one page.
YUAN = 100
LOSSES = (30_000_000_00, 9_000_000_00, 5_400_000_00, 2_100_000_00, 800_000_00, 0)
BALANCES = (4, 5.5, 5, 7, 8.5, 8, 9.5, 12, 11, 13, 12.5, 14)
GROUPS = (
    *(Group(-2, "B", 39), Group(-2, "C", 58), Group(-2, "D", 23), Group(-2, "-", 40)),
    *(Group(-1, "A", 4), Group(-1, "B", 19), Group(-1, "C", 16)),
    *(Group(0, "A", 1), Group(1, "B", 5), Group(1, "E", 6)),
)
FLOWS = tuple(
    Flow((source.column, source.grade), (target.column, target.grade), 1_000_000_00)
    for source in GROUPS
    for target in GROUPS
    if target.column == source.column + 1
)


@dataclass(frozen=True, slots=True)
class Pane:
    """One showing of a part: its look, its language, its width."""

    theme: Theme
    language: Language
    width: str


PANES = (
    Pane("light", "zh", "wide"),
    Pane("light", "en", "narrow"),
    Pane("dark", "en", "wide"),
    Pane("dark", "zh", "narrow"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """An invented firm."""

    number: int
    grade: str
    tier: int
    limit_fen: int
    use: float


TABLE: ListTable[Row] = ListTable(
    "table",
    lambda row: f"F{row.number:04d}",
    (
        ListColumn("name", "firm", "count", lambda row: row.number, rises=True),
        ListColumn("grade", "grade", "text", lambda row: row.grade),
        ListColumn("limit", "limit", "money", lambda row: row.limit_fen, look="strong"),
        ListColumn("use", "use", "share", lambda row: row.use / 100),
    ),
    "-use",
)
FACETS: Mapping[str, Callable[[Row], str]] = {
    "grade": lambda row: row.grade,
    "tier": lambda row: str(row.tier),
}
ORDERS = {"grade": GRADES, "tier": "123"}
ROWS = tuple(
    Row(number, GRADES[number * 7 % 5], 1 + number % 3, 9_700_000_00 // number, number * 37 % 110)
    for number in range(1, INVENTED + 1)
)


@router.get("/design", dependencies=[allow(BANK)])
def show_design(request: Request) -> Response:
    """Return every part in every state; what it shows is invented, no record is read."""
    chosen = {name: request.query_params.get(name, "") for name in FACETS}
    rows = passing(ROWS, FACETS, chosen)
    shown = listing(request, TABLE, rows)
    return page(
        request,
        "design/sheet.html",
        parts=PARTS,
        broad=BROAD,
        panes=[_shown(pane, shown, chosen) for pane in PANES],
    )


def _shown(pane: Pane, shown: Listing[Row], chosen: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what the samples of one pane are made of, in its language."""
    t = Texts(pane.language)
    return {
        "pane": pane,
        "id": f"{pane.theme}-{pane.width}",
        "t": t,
        "money": partial(amount, language=pane.language),
        "firms": partial(firms_in_words, t),
        "list": shown,
        "rows": shown.rows[:ROWS_SHOWN],
        "unit": scale([row.limit_fen for row in ROWS], pane.language),
        "facets": _facets(t, chosen),
        **_pictures(t),
    }


def _facets(t: Texts, chosen: Mapping[str, str]) -> Sequence[Facet]:
    """Return the facets of the invented firms; each counts those that pass the other one."""
    words: Mapping[str, tuple[str, Callable[[str], str]]] = {
        "grade": (t("facet_grade"), partial(t.coded, "grade")),
        "tier": (t("facet_tier"), lambda value: t("tier_up", tier=value)),
    }
    return facets(ROWS, FACETS, chosen, words, orders=ORDERS)


def _pictures(t: Texts) -> Mapping[str, Any]:
    unit = scale(LOSSES, t.language)
    tops = [0, 7, 14]
    return {
        "bar": limit_bar(100, {"occupied": 62, "reserved": 13}),
        "account_bar": limit_bar(100, {"outside": 20, "posted": 30, "pending": 15, "frozen": 10}),
        "over_bar": limit_bar(100, {"occupied": 118, "reserved": 13}),
        "losses": LOSSES,
        "loss_unit": unit,
        "columns": [
            {
                "tick": str(number),
                "value": unit(fen),
                "tone": "first" if number == 0 else "",
                "words": f"{t('round', number=number)}: {amount(fen, t.language)}",
            }
            for number, fen in enumerate(LOSSES)
        ],
        "bars": bar_picture([float(fen) for fen in LOSSES]),
        "balances": BALANCES,
        "balance_line": line_picture(BALANCES, top_value=tops[-1]),
        "balance_marks": [str(amount(top * 1_000_000 * YUAN, t.language)) for top in tops],
        "drawn": chain_picture(GROUPS, FLOWS),
        "sums": {column: {"firms": 160, "limit_fen": 97_000_000_00} for column in (-2, -1, 1)},
    }
