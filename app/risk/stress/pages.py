"""Stress: choose who fails and through which channels; see who loses what, round by round."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated
from urllib.parse import quote

from anyio import to_thread
from fastapi import Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.chain.firms.directory import Directory, DirectoryFirm, Wanted, directory_of
from app.chain.limits.reading import ShownDep
from app.chain.limits.shown import Shown
from app.platform.auth.errors import ForgedRequest
from app.platform.auth.gate import check_csrf
from app.platform.auth.rules import ANALYSTS, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import Absent, AppError, Busy, Malformed
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
from app.risk.stress.choosing import (
    FIRM,
    FORM,
    HITS_MAX,
    Choice,
    ChosenHit,
    choice_from,
    choice_of,
)
from app.risk.stress.kept import others_of
from app.risk.stress.reading import attribution_page
from app.risk.stress.repository import folder_of
from app.risk.stress.schemas import CHANNELS
from app.risk.stress.service import read_scenario
from app.risk.stress.titles import title_of
from app.risk.stress.workbench import Workbench, explained, name_of
from graph.errors import InvalidInput, NotFound
from graph.scenarios import BOUNDS

router = Router()
FOUND_SHOWN = 20
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


@router.get("/stress", dependencies=[allow(ANALYSTS)])
def choose(request: Request, resources: ResourcesDep, results: ShownDep) -> Response:
    """Return the form: what was chosen so far stands in the address."""
    choice = choice_of(request.query_params)
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
    t, directory = Texts(preferences_of(request).language), directory_of(resources, results)
    wanted = Wanted(choice.query, counterparties=True)
    found: Sequence[DirectoryFirm] = ()
    total = 0
    if choice.query:
        total, _ = directory.count(wanted)
        found = directory.find(wanted, sort="match", size=FOUND_SHOWN)
    known = {hit.value for hit in choice.hits if hit.kind == FIRM}
    return page(
        request,
        "stress.html",
        status=status,
        refused=refused,
        channels=CHANNELS,
        choice=choice,
        chosen=[(hit, _words(hit, results, t)) for hit in choice.hits],
        groups=_groups(directory, results, t),
        found=[firm for firm in found if firm.id not in known],
        left=max(0, total - FOUND_SHOWN),
        full=len(choice.hits) >= HITS_MAX,
        most=HITS_MAX,
    )


def _words(hit: ChosenHit, results: Shown, t: Texts) -> str:
    """Return who is hit, in words."""
    if hit.kind == "sector":
        return t.sector(hit.value)
    if hit.kind == "chain":
        return t("in_chain_of", name=results.name(hit.value))
    return results.name(hit.value) if hit.kind == FIRM else hit.value


def _groups(
    directory: Directory, results: Shown, t: Texts
) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return the chains, sectors and regions that can be chosen, each with its words."""
    return {
        "chain": [(core, results.name(core)) for core in results.cores],
        "sector": [
            (value, f"{t.sector(value)} {value} · {firms_in_words(t, count)}")
            for value, count in directory.values("sector")
        ],
        "region": [
            (value, f"{value} · {firms_in_words(t, count)}")
            for value, count in directory.values("region")
        ],
    }


async def sent(request: Request) -> Choice:
    """Return the choice that a form was sent with."""
    return choice_of(await request.form(), added=False)


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
    if choice.refused:
        return await again(refused=choice.refused, error=Malformed())
    workbench: Workbench = request.app.state.workbench
    version = results.head.version
    try:
        wanted = choice.scenario(_title(request, results, choice))
        naming = name_of(workbench, resources, wanted, version=version, who=who.account)
        scenario = await attended(request, naming)
    except Busy as error:
        return await again(refused="stress_busy", error=error)
    except NotFound:
        return await again(refused="stress_nobody", error=Absent())
    except InvalidInput:
        return await again(refused="stress_nobody", error=Malformed())
    return RedirectResponse(f"/stress/{quote(scenario, safe='')}", status_code=303)


def _title(request: Request, results: Shown, choice: Choice) -> str:
    """Return what a scenario is called to which nobody gave a name."""
    t = Texts(preferences_of(request).language)
    parts = [f"{_words(hit, results, t)} {hit.share}%" for hit in choice.hits]
    return t("list_comma").join(parts)[: BOUNDS.name]


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
        again=_again(document),
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


def _again(document: Document) -> str | None:
    """Return the address of the form that asks for the same; None where the form cannot."""
    choice = choice_from(document)
    return choice.address if choice else None


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
