"""Stress: choose who fails and through which channels; see who loses what, round by round."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.auth.gate import check_csrf
from app.auth.rules import ANALYSTS, PrincipalDep, allow
from app.pages.reading import Document, Reading, ReadingDep
from app.web.charts import Bar, bar_picture
from app.web.listing import listing
from app.web.money import scale
from app.web.preferences import preferences_of
from app.web.render import page
from app.web.sheets import sheet
from app.web.texts import Texts

router = APIRouter()
CHANNELS = ("production", "orders", "payments")
FIRMS_MAX = 20
QUERY_LENGTH_MAX = 80
NAMED_MAX = 3
BAR_LABELS_MAX = 10
KEYS: Mapping[str, Callable[[Document], Any]] = {
    "name": lambda row: row["name"],
    "loss": lambda row: row["loss_fen"],
    "share": lambda row: float(row["loss_share"]),
    "round": lambda row: row["round"],
}


@router.get("/stress", dependencies=[allow(ANALYSTS)])
def choose(request: Request, reading: ReadingDep) -> Response:
    """Return the form: what was chosen so far stands in the address."""
    return _form(request, reading)


def _form(
    request: Request,
    reading: Reading,
    firms: Sequence[str] | None = None,
    *,
    refused: str | None = None,
) -> Response:
    asked = request.query_params
    chosen = list(dict.fromkeys(asked.getlist("firm") if firms is None else firms))[:FIRMS_MAX]
    on = [c for c in CHANNELS if c in asked.getlist("channel")] or list(CHANNELS)
    query = asked.get("query", "").strip()[:QUERY_LENGTH_MAX]
    names = reading.names(chosen)
    found = reading.search(query) if query else ()
    return page(
        request,
        "stress.html",
        status=422 if refused else 200,
        refused=refused,
        channels=CHANNELS,
        on=on,
        query=query,
        chosen=[
            {"id": firm, "name": name, "drop": address([f for f in names if f != firm], on)}
            for firm, name in names.items()
        ],
        found=[
            {
                "id": firm.id,
                "name": firm.name,
                "core": firm.core,
                "add": address([*names, firm.id], on),
            }
            for firm in found
            if firm.id not in names
        ],
    )


def address(firms: Sequence[str], channels: Sequence[str]) -> str:
    """
    Return the address of the form with these firms and channels chosen.

    Example:
        >>> address(["F1", "F2"], ["orders"])
        '/stress?firm=F1&firm=F2&channel=orders'
    """
    return f"/stress?{urlencode({'firm': firms, 'channel': channels}, doseq=True)}"


@router.post("/stress", dependencies=[allow(ANALYSTS)])
def run(
    request: Request,
    who: PrincipalDep,
    reading: ReadingDep,
    firm: Annotated[list[str] | None, Form()] = None,
    channel: Annotated[list[str] | None, Form()] = None,
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Compute the scenario, and lead to its page."""
    check_csrf(who, csrf)
    firms = list(dict.fromkeys(firm or []))
    channels = [one for one in CHANNELS if one in (channel or [])]
    if not firms or len(firms) > FIRMS_MAX or not channels:
        return _form(request, reading, firms, refused="stress_incomplete")
    scenario = reading.stress(firms, channels)
    return RedirectResponse(f"/stress/{quote(scenario, safe='')}", status_code=303)


@router.get("/stress/{scenario}", dependencies=[allow(ANALYSTS)])
def show_scenario(request: Request, scenario: str, reading: ReadingDep) -> Response:
    """Return who loses what, by round and by firm."""
    document = reading.scenario(scenario)
    t = Texts(preferences_of(request).language)
    rounds, firms = document["rounds"], document["firms"]
    closed = document["closed"]
    shown = t("list_comma").join(firm["name"] for firm in closed[:NAMED_MAX])
    bars = bar_picture([float(row["loss_fen"]) for row in rounds])
    return page(
        request,
        "scenario.html",
        document=document,
        names=shown
        if len(closed) <= NAMED_MAX
        else t("and_others", names=shown, count=len(closed)),
        again=address([firm["id"] for firm in closed], document["channels"]),
        rounds=rounds,
        hit=sum(1 for row in firms if row["loss_fen"]),
        largest=max(firms, key=lambda row: row["loss_fen"], default=None),
        bars=bars,
        labelled=lambda bar: _labelled(bar, bars.bars),
        every=lambda bar: bar.number % (1 + len(rounds) // (2 * BAR_LABELS_MAX)) == 0,
        round_unit=scale([row["loss_fen"] for row in rounds], t.language),
        unit=scale([row["loss_fen"] for row in firms], t.language),
        list=listing(request, firms, KEYS, otherwise="-loss", anchor="losses"),
    )


def _labelled(bar: Bar, bars: Sequence[Bar]) -> bool:
    return len(bars) <= BAR_LABELS_MAX and bar.height > 0


@router.get("/stress/{scenario}/losses.csv", dependencies=[allow(ANALYSTS)])
def download_losses(scenario: str, reading: ReadingDep) -> Response:
    """Return the losses of a scenario as CSV, with exact amounts."""
    document = reading.scenario(scenario)
    header = ("id", "name", "loss_fen", "loss_share", "round")
    return sheet(
        f"losses-{scenario}.csv",
        header,
        [[row[name] for name in header] for row in document["firms"]],
    )
