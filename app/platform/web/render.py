"""Pages out of templates: everything escaped, nothing inline, never kept by a cache."""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.platform.auth.principals import Principal
from app.platform.auth.sessions import masked
from app.platform.http.paths import address_of
from app.platform.web import money
from app.platform.web.areas import WORK
from app.platform.web.charts import use_band
from app.platform.web.navigation import chosen, groups, places
from app.platform.web.preferences import preferences_of
from app.platform.web.texts import Texts
from graph.model import shown_id

FOLDER = Path(__file__).parent
TEMPLATES = sorted(FOLDER.parents[1].glob("*/*/templates"))  # Each domain's, and what all share.
STATIC = FOLDER / "static"
HEADERS = {"Cache-Control": "no-store", "Vary": "Authorization, Cookie, Accept-Language"}


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # Pages are as they were installed: no file is looked at a request.
    )
    made.filters["segment"] = partial(quote, safe="")
    made.filters["shown_id"] = shown_id
    made.filters["count"] = money.count
    made.filters["percent"] = money.percent
    made.filters["use_band"] = use_band
    made.globals["WORK"] = WORK
    return made


ENVIRONMENT = _environment()


def principal_of(request: Request) -> Principal | None:
    """Return who is signed in; None where nobody is."""
    who: Principal | None = request.scope.get("state", {}).get("principal")
    return who


def here(request: Request) -> str:
    """Return the path and query of a request: where to come back to."""
    path, query = address_of(request.scope["path"]), request.url.query
    return f"{path}?{query}" if query else path


def kept(request: Request) -> Mapping[str, str]:
    """Return what the address says about the version: pages that this one leads to say it too."""
    asked = request.query_params
    return {name: asked[name] for name in ("version", "as_of") if asked.get(name)}


def waiting(request: Request, who: Principal | None) -> Mapping[str, int]:
    """Return how much waits for a reader, by the places of their navigation that lead there."""
    if who is None:
        return {}
    resources = request.app.state.resources
    found: dict[str, int] = {}
    for tell in request.app.state.waiting:
        found |= tell(resources, who)
    return found


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """
    Return a page in the reader's language and theme; a fault's page counts nothing.

    Raises:
        ValueError: A value has the name of one that every page has.
    """
    wants = preferences_of(request)
    who = principal_of(request)
    t, entries = Texts(wants.language), places(who)
    counts = {} if "fault" in values else waiting(request, who)
    every = {
        "t": t,
        "firms": partial(firms_in_words, t),
        "language": wants.language,
        "theme": wants.theme,
        "who": who,
        "ends": _seconds_left(request, who),
        "csrf": masked(who.csrf) if who and who.csrf else None,
        "areas": groups(entries),
        "area_now": chosen(entries, address_of(request.scope["path"])),
        "waiting_at": counts,
        "waiting_sum": sum(counts.get(each.path, 0) for each in entries),
        "path": address_of(request.scope["path"]),
        "here": here(request),
        "beside": _beside(request),
        "money": partial(money.amount, language=wants.language),
        "scale": partial(money.scale, language=wants.language),
        "day": _day,
    }
    if taken := every.keys() & values.keys():
        raise ValueError(f"{template} is given what every page has: {', '.join(sorted(taken))}")
    said = {"kept": kept(request), "to": partial(pinned, kept(request))}  # Not of a fault.
    text = ENVIRONMENT.get_template(template).render({**every, **said, **values})
    return HTMLResponse(text, status_code=status, headers=HEADERS)


def _seconds_left(request: Request, who: Principal | None) -> int | None:
    """Return how long the reader's session still holds; None where there is none."""
    if who is None or who.ends_at is None or not who.csrf:
        return None
    now: dt.datetime = request.app.state.resources.now()
    return max(1, int((who.ends_at - now).total_seconds()))


def _beside(request: Request) -> Mapping[str, str]:
    """Return what a form that chooses a version carries along."""
    left = {"version", "as_of", "page"}
    return {name: value for name, value in request.query_params.items() if name not in left}


def pinned(said: Mapping[str, str], path: str) -> str:
    """Return the address of a page of the version that is shown."""
    return f"{path}?{urlencode(said)}" if said else path


def firms_in_words(t: Texts, number: int) -> str:
    """Return a number of firms in words."""
    return t("firm_one") if number == 1 else t("firms_count", count=money.count(number))


def _day(value: dt.date | str | None) -> str:
    return money.NONE if value is None else str(value)
