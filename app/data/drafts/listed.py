"""Pages of the sources that there are: the list, and what one says."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.data.drafts import repository
from app.platform.auth.rules import IMPORTERS, PrincipalDep, allow
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.documents import Document
from app.platform.errors import Absent
from app.platform.http.routing import Router
from app.platform.web.columns import ListColumn, ListTable
from app.platform.web.downloads import download
from app.platform.web.facets import Facet, facets, passing
from app.platform.web.listing import chosen_of, listing, ordered
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from ingestion.descriptions.listing import listed, shown
from ingestion.errors import ImportRefused
from ingestion.forms import form, forms

router = Router()
FACETS = {"origin": lambda row: row["origin"], "state": lambda row: row["state"]}
TONES = {"ready": "done", "template": "warn", "broken": "bad"}


def table_words(name: str, t: Texts) -> str:
    """Return what a table is called: one that files give, or one that is made of them."""
    return str(getattr(form(name).label, t.language)) if name in forms() else t.coded("table", name)


def column_words(table: str, role: str, t: Texts) -> str:
    """
    Return what a column of a table is called, or a part of a party.

    Example:
        >>> column_words("invoices", "seller code", Texts("zh"))
        '销方 · 信用代码'
        >>> column_words("invoices", "issued_on", Texts("en"))
        'issued on'
    """
    name, _, part = role.partition(" ")
    known = {**form(table).columns, **form(table).parts} if table in forms() else {}
    column = known.get(name)
    known_as = () if column is None else column.zh
    chinese = next((words for words in known_as if not words.isascii()), name)
    words = chinese if t.language == "zh" else name.replace("_", " ")
    return f"{words} · {t.coded('party', part)}" if part else words


def _table(t: Texts) -> ListTable[Document]:
    return ListTable(
        "sources",
        lambda row: str(row["name"]),
        (
            ListColumn("name", "source", "text", lambda row: row["name"]),
            ListColumn("state", "source_state", "text", lambda row: t(f"source_{row['state']}")),
            ListColumn(
                *("origin", "source_origin", "text", lambda row: t(f"source_{row['origin']}")),
                look="tier",
            ),
            ListColumn("version", "source_edition", "count", lambda row: row["version"]),
            ListColumn("tables", "source_tables", "text", lambda row: _tables(row["tables"], t)),
            ListColumn("problems", "source_problems", "count", lambda row: len(row["problems"])),
        ),
        "name",
    )


def _tables(names: Sequence[str], t: Texts) -> str:
    return t("list_comma").join(table_words(name, t) for name in names)


def _items(request: Request, resources: Resources) -> tuple[list[Document], list[Document]]:
    """Return all sources, and those that pass the facets of the address."""
    every = list(listed(resources.sources))
    return every, list(passing(every, FACETS, chosen_of(request, FACETS)))


@router.get("/sources", dependencies=[allow(IMPORTERS)])
def show_sources(request: Request, who: PrincipalDep, resources: ResourcesDep) -> Response:
    """Return the sources that there are, and what the reader has begun and not ended."""
    t = Texts(preferences_of(request).language)
    every, rows = _items(request, resources)
    return page(
        request,
        "sources.html",
        list=listing(request, _table(t), rows),
        facets=_facets(every, chosen_of(request, FACETS), t),
        drafts=repository.drafts_of(resources, who.account),
        files_of=lambda draft: [path.name for path in repository.files_of(resources, draft)],
        most=repository.DRAFTS_MAX,
        tones=TONES,
    )


def _facets(rows: Sequence[Document], chosen: Any, t: Texts) -> Sequence[Facet]:
    words = {name: (t(f"source_{name}"), partial(t.coded, "source")) for name in FACETS}
    return facets(rows, FACETS, chosen, words)


@router.get("/sources.csv", dependencies=[allow(IMPORTERS)])
@router.get("/sources.xlsx", dependencies=[allow(IMPORTERS)])
def download_sources(request: Request, resources: ResourcesDep) -> Response:
    """Return the same list as a file."""
    table = _table(Texts(preferences_of(request).language))
    rows = ordered(request, table, _items(request, resources)[1])
    head = {"version": "", "as_of": resources.today().isoformat()}
    return download(request, table, rows, head)


@router.get("/sources/{name}", dependencies=[allow(IMPORTERS)])
def show_source(request: Request, name: str, resources: ResourcesDep) -> Response:
    """Return what a source says, and what it leaves open."""
    try:
        found = shown(resources.sources, name)
    except ImportRefused as error:
        raise Absent(f"no source {name!r}") from error
    t = Texts(preferences_of(request).language)
    label = found.get("label") or {"zh": name, "en": name}
    return page(
        request,
        "source.html",
        source=found,
        label=label[t.language],
        tables=[table_words(each, t) for each in found["tables"]],
        tone=TONES[found["state"]],
    )
