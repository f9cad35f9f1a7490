"""One limit: what decides it, its whole derivation, and the same opened in place."""

from collections.abc import Callable, Mapping, Sequence

from fastapi import Request
from starlette.responses import JSONResponse, Response

from app.chain.limits import documents
from app.chain.limits.raising import walk
from app.chain.limits.reading import ShownDep
from app.data.versions.service import documents as versions_of
from app.platform.auth.rules import OWN_CHAIN, OWN_FIRM, OWN_LIMIT, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.http.routing import Router
from app.platform.web.derivations import told, told_own
from app.platform.web.money import percent
from app.platform.web.notices import Notice
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Language, Texts

router = Router()
DATA_CREDIT = "data_credit_factor"
# Says what else stands beside a limit: of a core and a firm, in a language.
LimitNotes = Callable[[Resources, str, str, Language], Sequence[str]]


@router.get("/chains/{core}/limits/{firm}", dependencies=[allow(OWN_LIMIT)])
def show_limit(
    request: Request,
    core: str,
    firm: str,
    who: PrincipalDep,
    resources: ResourcesDep,
    results: ShownDep,
) -> Response:
    """Return the page of one limit, with its whole derivation."""
    limit = documents.firm(results, core, firm)
    t = Texts(preferences_of(request).language)
    ends = {"core": core, "firm": firm}
    return page(
        request,
        "limit.html",
        core=limit["core"],
        firm=limit["firm"],
        head=limit,
        versions=versions_of(resources, results.sight),
        limit=limit,
        notices=limit_notices(limit, t, outside=not who.is_bank),
        derivation=told(limit["derivation"], t) if limit["derivation"] else None,
        reachable=told(limit["reachable"], t) if limit["reachable"] else None,
        own=told_own(limit, t),
        duals=_duals(request, resources, ends, t) if who.is_bank else (),
        may_chain=OWN_CHAIN.permits(who, ends),
        may_firm=OWN_FIRM.permits(who, ends),
    )


def _duals(
    request: Request, resources: Resources, ends: Mapping[str, str], t: Texts
) -> Sequence[str]:
    """Return what other domains say beside a limit."""
    makers: Sequence[LimitNotes] = request.app.state.limit_notes
    core, firm = ends["core"], ends["firm"]
    return [words for maker in makers for words in maker(resources, core, firm, t.language)]


def limit_notices(limit: Document, t: Texts, *, outside: bool) -> Sequence[Notice]:
    """
    Return what decides a limit or why there is none, what to do, and on what it is lent.

    Args:
        limit: The document of one limit.
        t: The words.
        outside: Whether the reader is a core or a firm, who imports nothing.
    """
    if limit["absent"]:
        notices = [Notice("bad", t("why_no_limit", reason=t.reason(limit["absent"])))]
        key = f"no_limit_{limit['absent'].replace(' ', '_').replace(',', '')}"
        if outside and t.has(f"{key}_outside"):
            key = f"{key}_outside"
        return [*notices, Notice("", t(key))] if t.has(key) else notices
    notices = [Notice("", t.coded("why", limit["binding"]))]
    factor = data_credit_factor(limit["derivation"])
    if factor is not None:
        notices.append(Notice("", t("data_credit", factor=percent(factor, 0))))
    return notices


def data_credit_factor(derivation: Document | None) -> str | None:
    """Return what relations count at where the chain has no facility; None where it has one."""
    for node in walk(derivation) if derivation else ():
        if (node.get("source") or {}).get("rule") == DATA_CREDIT:
            return str(node["value"])
    return None


@router.get("/chains/{core}/limits/{firm}/tree", dependencies=[allow(OWN_LIMIT)])
def read_tree(
    request: Request, core: str, firm: str, who: PrincipalDep, results: ShownDep
) -> Response:
    """Return both derivations of a limit in words, for the table that opens them in place."""
    limit, t = documents.firm(results, core, firm), Texts(preferences_of(request).language)
    trees = [limit["derivation"], limit["reachable"] if limit["reachable_fen"] else None]
    told_trees = [told(tree, t) for tree in trees if tree] + told_own(limit, t)
    notices = limit_notices(limit, t, outside=not who.is_bank)
    said = [] if told_trees else [notice.text for notice in notices]
    return JSONResponse({"trees": told_trees, "said": said}, headers={"Cache-Control": "no-store"})
