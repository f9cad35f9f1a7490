"""The command `doctor`."""

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.books.business_day.heads import kept_head
from app.books.notices.mailing import mail_told
from app.books.outbox import lag_of
from app.cli.verifying import Damage, faults
from app.data.runs.repository import newest_run
from app.data.versions.service import policy_of
from app.data.versions.sources import sources_of, told
from app.jobs.running import jobs
from app.lending.products.book import ProductBook
from app.platform.config import Settings
from app.platform.console import output as console
from app.platform.console.progress import progress
from app.platform.deps import Resources, open_resources
from app.platform.errors import AppError, Conflict
from app.platform.events.checking import check_head
from app.platform.http.faults import reason
from app.platform.release import code_version
from graph.errors import GraphError

LIBRARIES = ("numba", "numpy", "polars", "pyarrow", "sqlalchemy", "neo4j", "fastapi")
SECRET_LENGTH_MIN = 32
FIRST = 5  # Without program, settings, folder and stores nothing can be compared.


class Ailing(AppError):
    """Something that is configured does not work."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, whether it is well, and what was found."""

    name: str
    ok: bool
    detail: str


def doctor(
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare every saved file with its digest.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """
    Say what is configured, whether it can be reached, and of what version it is.

    Example: deeptier doctor --verify
    """
    found = checks()
    damaged = _damaged() if verify and all(each.ok for each in found[:FIRST]) else []
    if as_json:
        said = {"faults": [asdict(each) for each in damaged]} if verify else {}
        console.print_document({"checks": [asdict(each) for each in found], **said})
    else:
        rows = [["ok" if c.ok else "BAD", c.name, c.detail] for c in found]
        rows += [["BAD", fault.place, fault.what] for fault in damaged]
        if verify and not damaged:
            rows.append(["ok", "saved files", "all are as they were saved"])
        console.show_table(["", "what", "found"], rows)
    ailing = [each.name for each in found if not each.ok] + [fault.place for fault in damaged]
    if ailing:
        raise Ailing(f"not well: {', '.join(ailing)}")


def _damaged() -> list[Damage]:
    with open_resources(Settings()) as resources, progress("doctor") as step:
        return faults(resources, progress=step)


def checks() -> Sequence[Check]:
    """Return everything that was looked at."""
    found = [Check("deeptier", ok=True, detail=code_version()), _python()]
    try:
        settings = Settings()
    except ValidationError as error:
        return [*found, Check("settings", ok=False, detail=reason(error))]
    with open_resources(settings) as resources:
        for name, look in _LOOKS:
            found.append(_looked(name, look, resources))
    return found


def _python() -> Check:
    versions = [f"{name} {metadata.version(name)}" for name in LIBRARIES]
    return Check("python", ok=True, detail=", ".join([platform.python_version(), *versions]))


def _looked(name: str, look: Callable[[Resources], str], resources: Resources) -> Check:
    try:
        return Check(name, ok=True, detail=look(resources))
    except (AppError, GraphError, OSError) as error:
        return Check(name, ok=False, detail=f"{type(error).__name__}: {error}")


def _home(resources: Resources) -> str:
    home = resources.home.resolve()
    if not os.access(home, os.W_OK):
        raise PermissionError(f"{home} cannot be written to")
    return str(home)


def _graph(resources: Resources) -> str:
    place = masked(resources.settings.graph_place())
    current = resources.store.current()
    if current is None:
        return f"{place}: no version yet"
    return (
        f"{place}: version {current.number} as of {current.as_of}, "
        f"{current.firms} firms, {current.trades} trades, "
        f"from {told(sources_of(resources, current.number))}"
    )


def _records(resources: Resources) -> str:
    with resources.records.reading() as connection:
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return f"{masked(resources.settings.records_place())}: revision {revision}"


def _book(resources: Resources) -> str:
    with resources.records.reading() as connection:
        found = check_head(connection)
    kept = kept_head(resources)
    if kept is not None and kept.number > found.number:
        said = f"closing {kept.day} told event {kept.number}, the last one is {found.number}"
        raise Conflict(f"{said}: `deeptier ledger verify`")
    return f"{found.number} events, business day {found.day or 'none yet'}"


def _policy(resources: Resources) -> str:
    current = resources.store.current()
    day = current.as_of if current else resources.today()
    return f"{policy_of(resources, day).version} in force on {day}"


def _products(resources: Resources) -> str:
    day = resources.today()
    held = ProductBook(resources.settings.policy).on(day)
    return f"{', '.join(each.terms.id for each in held) or 'none'} in force on {day}"


def _run(resources: Resources) -> str:
    run = newest_run(resources.records)
    if run is None:
        return "no run yet: `deeptier refresh` computes one"
    return f"{run.run} of version {run.version}, {run.cores} cores, {run.firms} limits"


def _secret(resources: Resources) -> str:
    given = resources.settings.secret
    resources.settings.signing_key()
    if given is None:
        return "kept in the data folder"
    short = len(given.get_secret_value()) < SECRET_LENGTH_MIN
    return "given by DEEPTIER_SECRET" + (", rather short: 32 characters are better" * short)


def _outbox(resources: Resources) -> str:
    lag = lag_of(resources)
    return f"{lag.events} of {lag.book} events of the book are not passed on to the graph yet"


def _jobs(resources: Resources) -> str:
    said = []
    for each in jobs(resources):
        last = each["last"]
        said.append(f"{each['name']} {last['state'] if last else 'never ran'}")
    return ", ".join(said)


def masked(url: str) -> str:
    """
    Return an address without its password.

    Example:
        >>> masked("neo4j://bank:hidden@host:7687/graph")
        'neo4j://bank:***@host:7687/graph'
    """
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "no URL"


_LOOKS: Sequence[tuple[str, Callable[[Resources], str]]] = (
    ("home", _home),
    ("graph", _graph),
    ("records", _records),
    ("book", _book),
    ("policy", _policy),
    ("products", _products),
    ("run", _run),
    ("outbox", _outbox),
    ("secret", _secret),
    ("jobs", _jobs),
    ("mail", mail_told),
)
