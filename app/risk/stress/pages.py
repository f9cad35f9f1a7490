"""Stress: choose who fails and through which channels; see who loses what, round by round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Annotated
from urllib.parse import quote, urlencode

from anyio import to_thread
from fastapi import Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.chain.firms.directory import DirectoryFirm, Wanted, directory_of
from app.chain.limits.reading import ShownDep
from app.chain.limits.shown import Shown
from app.platform.auth.errors import ForgedRequest
from app.platform.auth.gate import check_csrf
from app.platform.auth.rules import ANALYSTS, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import AppError, Busy, Malformed
from app.platform.http.attending import attended
from app.platform.http.paging import Page
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.charts import bar_picture
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download
from app.platform.web.listing import listing, ordered
from app.platform.web.money import Scale, amount, scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import firms_in_words, page, pinned
from app.platform.web.texts import Texts
from app.risk.stress.kept import others_of
from app.risk.stress.reading import attribution_page
from app.risk.stress.repository import folder_of
from app.risk.stress.schemas import CHANNELS, closure
from app.risk.stress.service import read_scenario
from app.risk.stress.titles import title_of
from app.risk.stress.workbench import Workbench, explained, name_of

router = Router()
FORM = "form"
FIRMS_MAX = 20
FOUND_SHOWN = 20
QUERY_LENGTH_MAX = 80
BAR_LABELS_MAX = 8
TRADES_SHOWN = 50
LOSSES: ListTable[Document] = ListTable(
    "losses",
    lambda row: str(row["id"]),
    (
        ListColumn("name", "firm", "text", lambda row: row["name"]),
        ListColumn("production", "loss_production", "money", lambda row: row["production_fen"]),
        ListColumn("share", "loss_share", "share", lambda row: Decimal(row["loss_share"])),
        ListColumn("payments", "loss_payments", "money", lambda row: row["payments_fen"]),
        ListColumn("loss", "loss_both", "money", lambda row: row["loss_fen"], look="strong"),
        ListColumn("round", "first_round", "count", lambda row: row["round"], rises=True),
    ),
    "-loss",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody has chosen so far: firms that fail, channels, and what was searched for."""

    firms: Sequence[str]
    channels: Sequence[str]
    query: str = ""

    @property
    def address(self) -> str:
        """
        Return the address of the form with this choice; no channel at all is a choice too.

        Example:
            >>> Choice(["F1", "F2"], ["orders"]).address
            '/stress?firm=F1&firm=F2&channel=orders'
        """
        said = {"firm": self.firms, "channel": self.channels or [""]}
        query = {"query": self.query} if self.query else {}
        return f"/stress?{urlencode({**said, **query}, doseq=True)}"


def choice_of(request: Request) -> Choice:
    """Return the choice that the address holds, with what a button of the form adds or drops."""
    asked = request.query_params
    dropped = asked.getlist("drop")
    firms = [f for f in (*asked.getlist("firm"), *asked.getlist("add")) if f and f not in dropped]
    said = "channel" in asked or FORM in asked
    channels = [c for c in CHANNELS if c in asked.getlist("channel")] if said else CHANNELS
    query = asked.get("query", "").strip()[:QUERY_LENGTH_MAX]
    return Choice(list(dict.fromkeys(firms)), channels, query)


@router.get("/stress", dependencies=[allow(ANALYSTS)])
def choose(request: Request, resources: ResourcesDep, results: ShownDep) -> Response:
    """Return the form: what was chosen so far stands in the address."""
    choice = choice_of(request)
    if FORM in request.query_params:  # A button was pressed: the address says the same shorter.
        return RedirectResponse(choice.address, status_code=303)
    return _form(request, resources, results, choice=choice)


def _form(
    request: Request,
    resources: Resources,
    results: Shown,
    *,
    choice: Choice,
    refused: str = "",
    status: int = 200,
) -> Response:
    names = {firm: results.name(firm) for firm in choice.firms}
    wanted = Wanted(choice.query, counterparties=True)
    found: Sequence[DirectoryFirm] = ()
    total = 0
    if choice.query:
        directory = directory_of(resources, results)
        total, _ = directory.count(wanted)
        found = directory.find(wanted, sort="match", size=FOUND_SHOWN)
    return page(
        request,
        "stress.html",
        status=status,
        refused=refused,
        channels=CHANNELS,
        choice=choice,
        chosen=[{"id": firm, "name": name} for firm, name in names.items()],
        found=[firm for firm in found if firm.id not in names],
        left=max(0, total - FOUND_SHOWN),
        full=len(choice.firms) >= FIRMS_MAX,
        firms_max=FIRMS_MAX,
    )


async def sent(
    firm: Annotated[list[str] | None, Form()] = None,
    channel: Annotated[list[str] | None, Form()] = None,
) -> Choice:
    """Return the choice that a form was sent with."""
    channels = [one for one in CHANNELS if one in (channel or [])]
    return Choice(list(dict.fromkeys(firm or [])), channels)


@router.post("/stress", dependencies=[allow(ANALYSTS)])
async def run(
    request: Request,
    who: PrincipalDep,
    resources: ResourcesDep,
    results: ShownDep,
    choice: Annotated[Choice, Depends(sent)],
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Compute the scenario, and lead to its page; a form that is refused keeps what was chosen."""
    again = partial(_form_again, request, resources, results, choice=choice)
    try:
        check_csrf(who, csrf)
    except ForgedRequest as error:
        return await again(refused="form_of_other_session", error=error)
    if not 1 <= len(choice.firms) <= FIRMS_MAX or not choice.channels:
        return await again(refused="stress_incomplete", error=Malformed())
    wanted = closure(choice.firms, choice.channels)
    workbench: Workbench = request.app.state.workbench
    version = results.head.version
    naming = name_of(workbench, resources, wanted, version=version, who=who.account)
    try:
        scenario = await attended(request, naming)
    except Busy as error:
        return await again(refused="stress_busy", error=error)
    return RedirectResponse(f"/stress/{quote(scenario, safe='')}", status_code=303)


async def _form_again(
    request: Request,
    resources: Resources,
    results: Shown,
    *,
    choice: Choice,
    refused: str,
    error: AppError,
) -> Response:
    """Return the form as it was, with a word on why it was refused."""
    show = partial(_form, choice=choice, refused=refused, status=error.status)
    answer = await to_thread.run_sync(show, request, resources, results)
    if error.again_seconds is not None:
        answer.headers["Retry-After"] = str(error.again_seconds)
    return answer


@router.get("/stress/{scenario}", dependencies=[allow(ANALYSTS)])
def show_scenario(
    request: Request, scenario: str, who: PrincipalDep, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return who loses what, by round and by firm."""
    document = read_scenario(folder_of(resources), scenario)
    t = Texts(preferences_of(request).language)
    rounds, firms = document["rounds"], document["firms"]
    bars = bar_picture([float(row["loss_fen"]) for row in rounds])
    round_unit = scale([row["loss_fen"] for row in rounds], t.language)
    return page(
        request,
        "scenario.html",
        views=views_of(resources.records, who, "losses"),
        document=document,
        title=title_of(document, t),
        again=None if "hits" in document else _again(document),
        address=f"/stress/{quote(scenario, safe='')}",
        others=others_of(resources, scenario, t),
        there=partial(pinned, _version(document, results)),
        rounds=rounds,
        hit=sum(1 for row in firms if row["loss_fen"]),
        largest=max(firms, key=lambda row: row["loss_fen"], default=None),
        bars=bars,
        columns=_columns(rounds, round_unit, t),
        round_unit=round_unit,
        unit=scale([row["loss_fen"] for row in firms], t.language),
        list=listing(request, LOSSES, firms),
    )


@router.get("/stress/{scenario}/attribution", dependencies=[allow(ANALYSTS)])
async def show_attribution(
    request: Request, who: PrincipalDep, scenario: str, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return whose failing costs how much, and the trades that carried most."""
    workbench: Workbench = request.app.state.workbench
    asked = explained(workbench, resources, scenario, "attribution", who=who.account)
    await attended(request, asked)
    return await to_thread.run_sync(_attribution, request, scenario, resources, results)


def _attribution(request: Request, scenario: str, resources: Resources, results: Shown) -> Response:
    folder = folder_of(resources)
    document = read_scenario(folder, scenario)
    found = attribution_page(folder, scenario, Page(None, TRADES_SHOWN))
    t = Texts(preferences_of(request).language)
    return page(
        request,
        "attribution.html",
        document=found,
        title=title_of(document, t),
        back=f"/stress/{quote(scenario, safe='')}",
        there=partial(pinned, _version(document, results)),
        left=max(0, found["trades"] - TRADES_SHOWN),
        unit=scale([part["loss_fen"] for part in found["players"]], t.language),
        trade_unit=scale([_carried_fen(trade) for trade in found["items"]], t.language),
    )


def _carried_fen(trade: Document) -> int:
    return int(trade["inputs_fen"] + trade["orders_fen"])


def _again(document: Document) -> str:
    """Return the address of the form that asks for these firms and channels."""
    return Choice([firm["id"] for firm in document["closed"]], document["channels"]).address


def _version(document: Document, results: Shown) -> Mapping[str, str]:
    """Return what links have to say so that they stay at the scenario's version."""
    version = document["version"]
    return {} if version == results.head.version else {"version": str(version)}


def _columns(rounds: Sequence[Document], unit: Scale, t: Texts) -> Sequence[Mapping[str, str]]:
    """Return the words of each bar: its round, its loss where there is room, both in full."""
    every = 1 + len(rounds) // (2 * BAR_LABELS_MAX)
    return [
        {
            "tick": str(row["round"]) if number % every == 0 else "",
            "value": unit(row["loss_fen"]) if len(rounds) <= BAR_LABELS_MAX else "",
            "tone": "first" if number == 0 else "",
            "words": f"{t('round', number=row['round'])}: {amount(row['loss_fen'], t.language)}"
            f" · {firms_in_words(t, row['firms'])}",
        }
        for number, row in enumerate(rounds)
    ]


@router.get("/stress/{scenario}/losses.csv", dependencies=[allow(ANALYSTS)])
@router.get("/stress/{scenario}/losses.xlsx", dependencies=[allow(ANALYSTS)])
def download_losses(request: Request, scenario: str, resources: ResourcesDep) -> Response:
    """Return the losses of a scenario as a file, as they are listed on its page."""
    document = read_scenario(folder_of(resources), scenario)
    rows = ordered(request, LOSSES, document["firms"])
    return download(request, LOSSES, rows, document, name=f"losses-{scenario}")
