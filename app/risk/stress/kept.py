"""Scenarios that were asked for: their list, and two of them side by side."""

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import Request
from starlette.responses import Response

from app.platform.auth.rules import ANALYSTS, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import Absent, Malformed
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download
from app.platform.web.listing import listing, ordered, text_of
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from app.risk.stress.reading import comparison_page
from app.risk.stress.repository import ScenarioFolder, folder_of
from app.risk.stress.titles import title_of
from graph.errors import Damaged

router = Router()
KEPT_MAX = 500  # Of the newest; whoever knows the address of an older one still reads it.
HEADS_MAX = 2000
OFFERED_MAX = 60


@dataclass(frozen=True, slots=True)
class KeptScenario:
    """What the list of scenarios says of one; `head` is what its title is made of."""

    scenario: str
    head: Document
    version: int
    as_of: str
    loss_fen: int
    others_fen: int
    firms: int
    rounds: int


def kept(resources: Resources) -> Sequence[tuple[KeptScenario, dt.datetime]]:
    """Return the newest scenarios with when they were kept; one that is damaged is left out."""
    folder, found = folder_of(resources), []
    for name, at in ScenarioFolder(folder).newest(KEPT_MAX):
        with suppress(Absent, Damaged):
            found.append((_read(folder, name), dt.datetime.fromtimestamp(at, dt.UTC)))
    return found


@lru_cache(maxsize=HEADS_MAX)
def _read(folder: Path, scenario: str) -> KeptScenario:
    document = ScenarioFolder(folder).read(scenario)
    return KeptScenario(
        scenario=scenario,
        head={name: document[name] for name in ("name", "closed", "channels") if name in document},
        version=document["version"],
        as_of=document["as_of"],
        loss_fen=document["loss_fen"],
        others_fen=document["others_fen"],
        firms=len(document["firms"]),
        rounds=len(document["rounds"]),
    )


Row = tuple[KeptScenario, dt.datetime]


def _table(t: Texts) -> ListTable[Row]:
    return ListTable(
        "scenarios",
        lambda row: row[0].scenario,
        (
            ListColumn("name", "scenario", "text", lambda row: title_of(row[0].head, t)),
            ListColumn("channels", "channels", "text", lambda row: _channels(row[0], t)),
            ListColumn("loss", "loss_total", "money", lambda row: row[0].loss_fen, look="strong"),
            ListColumn("others", "loss_others", "money", lambda row: row[0].others_fen),
            ListColumn("firms", "firms_hit", "count", lambda row: row[0].firms),
            ListColumn("rounds", "rounds", "count", lambda row: row[0].rounds, asked=True),
            ListColumn("version", "sheet_version", "count", lambda row: row[0].version),
            ListColumn("as_of", "sheet_as_of", "day", lambda row: row[0].as_of, asked=True),
            ListColumn(
                "kept",
                "scenario_on",
                "day",
                lambda row: row[1].date().isoformat(),
                lambda row: row[1],
                look="tier",
            ),
        ),
        "-kept",
    )


def _channels(scenario: KeptScenario, t: Texts) -> str:
    return t("list_comma").join(t(f"channel_{each}") for each in scenario.head["channels"])


def _found(request: Request, resources: Resources, t: Texts) -> Sequence[Row]:
    """Return the scenarios whose title has the text of the address."""
    wanted = text_of(request).casefold()
    return [row for row in kept(resources) if wanted in title_of(row[0].head, t).casefold()]


@router.get("/stress/scenarios", dependencies=[allow(ANALYSTS)])
def show_scenarios(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the scenarios that were asked for, the newest first."""
    t = Texts(preferences_of(request).language)
    rows = _found(request, resources, t)
    return page(
        request,
        "scenarios.html",
        list=listing(request, _table(t), rows),
        views=views_of(resources.records, who, "scenarios"),
        query=text_of(request),
        unit=scale([row.loss_fen for row, _ in rows], t.language),
        most=KEPT_MAX,
    )


@router.get("/stress/scenarios.csv", dependencies=[allow(ANALYSTS)])
@router.get("/stress/scenarios.xlsx", dependencies=[allow(ANALYSTS)])
def download_scenarios(request: Request, resources: ResourcesDep) -> Response:
    """Return the same list as a file."""
    t = Texts(preferences_of(request).language)
    table = _table(t)
    rows = ordered(request, table, _found(request, resources, t))
    newest = resources.version(None)
    head = {"version": newest.number, "as_of": newest.as_of.isoformat()}
    return download(request, table, rows, head)


COMPARED: ListTable[Document] = ListTable(
    "compared",
    lambda row: str(row["id"]),
    (
        ListColumn("name", "firm", "text", lambda row: row["name"]),
        ListColumn("here", "loss_here", "money", lambda row: row["loss_fen"]),
        ListColumn("there", "loss_there", "money", lambda row: row["with_loss_fen"]),
        ListColumn(
            *("difference", "loss_more", "money", lambda row: row["difference_fen"]),
            lambda row: abs(row["difference_fen"]),
            look="strong",
        ),
        ListColumn("round", "round_here", "count", lambda row: row["round"], rises=True),
        ListColumn("with_round", "round_there", "count", lambda row: row["with_round"], rises=True),
    ),
    "-difference",
)


def others_of(resources: Resources, scenario: str, t: Texts) -> Sequence[tuple[str, str]]:
    """Return the newest scenarios that one can be compared with: ids with words."""
    found = [each for each, _ in kept(resources) if each.scenario != scenario][:OFFERED_MAX]
    return [
        (each.scenario, f"{title_of(each.head, t)} · {t('version', number=each.version)}")
        for each in found
    ]


def _compared(request: Request, scenario: str, resources: Resources) -> Document:
    other = request.query_params.get("with", "")
    if not other:
        raise Malformed("with: say which scenario to compare with")
    return comparison_page(folder_of(resources), scenario, other)


@router.get("/stress/{scenario}/compare", dependencies=[allow(ANALYSTS)])
def show_comparison(request: Request, scenario: str, resources: ResourcesDep) -> Response:
    """Return two scenarios side by side: in all, by round, by firm."""
    document = _compared(request, scenario, resources)
    folder, t = folder_of(resources), Texts(preferences_of(request).language)
    titles = [title_of(_read(folder, name).head, t) for name in _both(document)]
    return page(
        request,
        "comparison.html",
        document=document,
        titles=titles,
        addresses=[f"/stress/{name}" for name in _both(document)],
        list=listing(request, COMPARED, document["items"]),
        unit=scale([row["loss_fen"] for row in document["items"]], t.language),
        round_unit=scale([row["loss_fen"] for row in document["rounds"]], t.language),
    )


def _both(document: Document) -> tuple[str, str]:
    return document["scenario"], document["with"]["scenario"]


@router.get("/stress/{scenario}/compare.csv", dependencies=[allow(ANALYSTS)])
@router.get("/stress/{scenario}/compare.xlsx", dependencies=[allow(ANALYSTS)])
def download_comparison(request: Request, scenario: str, resources: ResourcesDep) -> Response:
    """Return the firms of both as a file."""
    document = _compared(request, scenario, resources)
    rows = ordered(request, COMPARED, document["items"])
    return download(request, COMPARED, rows, document, name=f"compared-{scenario}")
