"""Pages of connected groups: all of a version, and one with every tie that makes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from app.chain.groups import service
from app.chain.groups.stored import (
    CONTROL,
    DEPENDENCE,
    FAMILIES,
    Connected,
    GroupMember,
    GroupTie,
    TiedGroup,
)
from app.chain.limits.reading import ShownDep
from app.chain.limits.shown import Shown
from app.data.versions.service import documents as versions_of
from app.platform.auth.rules import BANK, PrincipalDep, allow
from app.platform.deps.routes import ResourcesDep
from app.platform.http.routing import Router
from app.platform.views.repository import views_of
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download
from app.platform.web.facets import facets, passing
from app.platform.web.listing import chosen_of, listing, ordered, text_of
from app.platform.web.money import scale
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts

router = Router()
BOTH = "both"
MEMBERS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group as it stands in the list of all."""

    id: str
    name: str
    firms: int
    family: str
    limits_fen: int
    cap_fen: int

    @property
    def share(self) -> float | None:
        """Return what its limits are of its cap; None where there is no cap."""
        return self.limits_fen / self.cap_fen if self.cap_fen else None


@dataclass(frozen=True, slots=True)
class TieRow:
    """A tie with the names of both ends."""

    id: str
    tie: GroupTie
    source: str
    target: str

    @property
    def share(self) -> float | None:
        """Return the share that is held, or that the trade is of all; None where unknown."""
        return None if self.tie.share is None else float(self.tie.share)


FACETS: Mapping[str, Callable[[GroupRow], str]] = {"family": lambda row: row.family}
TIE_FACETS: Mapping[str, Callable[[TieRow], str]] = {"kind": lambda row: row.tie.kind}


def _table(t: Texts) -> ListTable[GroupRow]:
    return ListTable(
        "groups",
        lambda row: row.id,
        (
            ListColumn("name", "group", "text", lambda row: row.name),
            ListColumn("firms", "group_firms", "count", lambda row: row.firms),
            ListColumn("family", "tied_by", "text", lambda row: t.coded("family", row.family)),
            ListColumn("limits", "limit_total", "money", lambda row: row.limits_fen, look="strong"),
            ListColumn("cap", "group_cap", "money", lambda row: row.cap_fen, asked=True),
            ListColumn("share", "share_of_cap", "share", lambda row: row.share),
        ),
        "-limits",
    )


def _tie_table(t: Texts) -> ListTable[TieRow]:
    return ListTable(
        "ties",
        lambda row: row.id,
        (
            ListColumn("kind", "tie", "text", lambda row: t.coded("tie", row.tie.kind)),
            ListColumn("source", "tie_from", "text", lambda row: row.source),
            ListColumn("target", "tie_to", "text", lambda row: row.target),
            ListColumn("share", "tie_share", "share", lambda row: row.share),
            ListColumn("amount", "tie_amount", "money", lambda row: row.tie.amount_fen),
            ListColumn("whole", "tie_whole", "money", lambda row: row.tie.whole_fen, asked=True),
            ListColumn("since", "tie_since", "day", lambda row: row.tie.from_on),
            ListColumn("holding", "tie_row", "text", lambda row: row.tie.holding, asked=True),
        ),
        "target",
    )


def _rows(request: Request, results: Shown, found: Connected) -> Sequence[GroupRow]:
    """Return the groups that the text of the address finds, by any member."""
    wanted = text_of(request).casefold()
    return [
        GroupRow(
            group.id,
            results.name(group.id),
            len(group.members),
            BOTH if len(group.families) > 1 else group.families[0],
            group.limits_fen,
            found.cap_fen,
        )
        for group in found.groups.values()
        if not wanted or any(_names(each, results, wanted) for each in group.members)
    ]


def _names(member: GroupMember, results: Shown, wanted: str) -> bool:
    return wanted in member.id.casefold() or wanted in results.name(member.id).casefold()


def _ties(results: Shown, group: TiedGroup) -> Sequence[TieRow]:
    return [
        TieRow(str(number), tie, results.name(tie.source), results.name(tie.target))
        for number, tie in enumerate(group.ties)
    ]


@router.get("/groups", dependencies=[allow(BANK)])
def show_groups(
    request: Request, who: PrincipalDep, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return the connected groups of a version."""
    t = Texts(preferences_of(request).language)
    rows = _rows(request, results, service.groups_in(resources, results))
    chosen = chosen_of(request, FACETS)
    words = {"family": (t("tied_by"), lambda value: t.coded("family", value))}
    return page(
        request,
        "groups.html",
        head=results.head,
        versions=versions_of(resources, results.sight),
        list=listing(request, _table(t), passing(rows, FACETS, chosen)),
        views=views_of(resources.records, who, "groups"),
        facets=facets(rows, FACETS, chosen, words, orders={"family": (CONTROL, DEPENDENCE, BOTH)}),
        query=text_of(request),
        unit=scale([row.limits_fen for row in rows], t.language),
    )


@router.get("/groups.csv", dependencies=[allow(BANK)])
@router.get("/groups.xlsx", dependencies=[allow(BANK)])
def download_groups(request: Request, resources: ResourcesDep, results: ShownDep) -> Response:
    """Return the same groups in the same order as a file, all of them."""
    table = _table(Texts(preferences_of(request).language))
    found = _rows(request, results, service.groups_in(resources, results))
    rows = ordered(request, table, passing(found, FACETS, chosen_of(request, FACETS)))
    return download(request, table, rows, results.head.document())


@router.get("/groups/{group}", dependencies=[allow(BANK)])
def show_group(
    request: Request, group: str, who: PrincipalDep, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return one group: its members, and what ties them."""
    t = Texts(preferences_of(request).language)
    connected = service.groups_in(resources, results)
    found = service.group_of(connected, results, group)
    rows, chosen = _ties(results, found), chosen_of(request, TIE_FACETS)
    members, _ = service.document(results, found, size=MEMBERS_SHOWN)
    words = {"kind": (t("tie"), lambda value: t.coded("tie", value))}
    return page(
        request,
        "group.html",
        head=results.head,
        versions=versions_of(resources, results.sight),
        group=members,
        name_of=results.name,
        list=listing(request, _tie_table(t), passing(rows, TIE_FACETS, chosen)),
        views=views_of(resources.records, who, "ties"),
        facets=facets(rows, TIE_FACETS, chosen, words, orders={"kind": tuple(FAMILIES)}),
        unit=scale([row.tie.amount_fen or 0 for row in rows], t.language),
    )


@router.get("/groups/{group}/ties.csv", dependencies=[allow(BANK)])
@router.get("/groups/{group}/ties.xlsx", dependencies=[allow(BANK)])
def download_ties(
    request: Request, group: str, resources: ResourcesDep, results: ShownDep
) -> Response:
    """Return the ties of a group as a file."""
    table = _tie_table(Texts(preferences_of(request).language))
    connected = service.groups_in(resources, results)
    found = _ties(results, service.group_of(connected, results, group))
    rows = ordered(request, table, passing(found, TIE_FACETS, chosen_of(request, TIE_FACETS)))
    return download(request, table, rows, results.head.document(), name=f"group-{group}")
