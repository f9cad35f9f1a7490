"""
The commands by name, each loaded when it is called.

`deeptier --help` shows the line that stands here; a test holds that it is the first line of the
command's own help. So a command pays for what it imports, and for nothing else.
"""

import contextlib
import gc
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_group


@dataclass(frozen=True, slots=True)
class ListedCommand:
    """Where a command, or a group of commands, stands, and what it does in a line."""

    module: str
    says: str


LISTED: Mapping[str, ListedCommand] = {
    "demo": ListedCommand(
        "app.cli.demo",
        "Write the demo economy as raw files, and what is hidden in it into `truth/`.",
    ),
    "ingest": ListedCommand(
        "app.data.imports.cli",
        "Read files, check every row, and publish a version, or keep the old one.",
    ),
    "source": ListedCommand(
        "app.data.imports.sources",
        "Descriptions of a bank's own files and databases: list, show, propose, try.",
    ),
    "refresh": ListedCommand(
        "app.chain.runs.cli",
        "Run the analyses and the limits of a version; the same version gives the same bytes.",
    ),
    "versions": ListedCommand(
        "app.data.versions.cli",
        "List the published versions of the graph, oldest first, and the sources they are made of.",
    ),
    "cores": ListedCommand(
        "app.chain.chains.cli.cores",
        "List the cores, or the firms that look like one: by purchases and sales, and partners.",
    ),
    "chain": ListedCommand(
        "app.chain.chains.cli.chain",
        "Show a chain: its firms by side and tier, with their trade one tier nearer.",
    ),
    "limits": ListedCommand(
        "app.chain.limits.cli", "Show a chain's facility, its tiers and the limit of every firm."
    ),
    "explain": ListedCommand(
        "app.chain.limits.cli",
        "Show why a limit is what it is, down to the rows and policy values.",
    ),
    "groups": ListedCommand(
        "app.chain.groups.cli",
        "Show the connected groups of a version, and what ties their members together.",
    ),
    "accounts": ListedCommand(
        "app.chain.accounts.cli",
        "List the accounts of the book: every cap, what is taken of it, and what is left.",
    ),
    "products": ListedCommand(
        "app.lending.products.cli",
        "List the products in force on the business day: paths, amounts, tenors, rates.",
    ),
    "contract": ListedCommand(
        "app.lending.contracts.cli", "Contracts: their text and signatures prove themselves."
    ),
    "replay": ListedCommand(
        "app.lending.decisions.cli",
        "Decide again from what was kept of a decision, or of all; end with 1 where one differs.",
    ),
    "stress": ListedCommand(
        "app.risk.stress.cli",
        "Show who loses what in a scenario: when firms close, or as a file says, by round.",
    ),
    "portfolio": ListedCommand(
        "app.risk.portfolio.cli",
        "Propose what to lend under all caps at once, and show what more of each cap would earn.",
    ),
    "weak-points": ListedCommand(
        "app.risk.dependencies.cli",
        "Show who a core's supply cannot go around, and what depends on them in money.",
    ),
    "dependence": ListedCommand(
        "app.risk.dependencies.cli",
        "Show whose risk of default others' change of rating moves, and along which chains.",
    ),
    "ledger": ListedCommand("app.cli.proving", "The book: its chain of events proves itself."),
    "export": ListedCommand(
        "app.chain.chains.cli.export",
        "Write one chain for other people's tools; the HTML page works offline.",
    ),
    "serve": ListedCommand(
        "app.cli.serving",
        "Serve pages and interface in the foreground, on DEEPTIER_HOST and DEEPTIER_PORT.",
    ),
    "doctor": ListedCommand(
        "app.cli.doctor",
        "Say what is configured, whether it can be reached, and of what version it is.",
    ),
    "analyse": ListedCommand(
        "app.risk.analyse.cli",
        "Run one analysis on plain files (CSV, XLSX, Parquet), without any store.",
    ),
    "core": ListedCommand("app.chain.chains.cli.cores", "Choose which firms are cores."),
    "close-day": ListedCommand(
        "app.jobs.closing",
        "Close the business day, or every day up to a date: what lapses, matures and falls due.",
    ),
    "jobs": ListedCommand("app.jobs.cli", "Scheduled jobs and their last runs."),
    "token": ListedCommand(
        "app.books.organisation.cli",
        "Print a bearer token for the interface; list and revoke those given out.",
    ),
    "user": ListedCommand("app.books.organisation.cli", "People who may sign in."),
}


@contextlib.contextmanager
def _nothing_thrown_away() -> Iterator[None]:
    """Let no collector walk what modules make while they load: all of it stays."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@cache
def load(name: str) -> Any:
    """Return a command of the list, ready to run."""
    with _nothing_thrown_away():
        found: Callable[..., None] | typer.Typer = getattr(
            import_module(LISTED[name].module), name.replace("-", "_")
        )
    holder = typer.Typer(rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        holder.add_typer(found)
    else:
        holder.command(name)(found)
    return get_group(holder).commands[name]


class _CommandsByName(MutableMapping[str, Any]):
    """Every listed command; what is looked up is loaded, what is only named is not."""

    def __getitem__(self, name: str) -> Any:
        if name not in LISTED:
            raise KeyError(name)
        return load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(LISTED)

    def __len__(self) -> int:
        return len(LISTED)

    def __setitem__(self, name: str, command: object) -> NoReturn:
        raise TypeError(f"{name}: commands are listed in this file")

    def __delitem__(self, name: str) -> NoReturn:
        raise TypeError(f"{name}: commands are listed in this file")


class Commands(TyperGroup):
    """The group of all commands, which lists them without loading them."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _CommandsByName()

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # typer's form
        """Return the names in order."""
        return list(self.commands)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what is wrong with how it was called is told in plain words."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            from app.platform.http.faults import plain_words  # noqa: PLC0415  # most commands are called well

            error.message = plain_words(error.message)
            raise

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # typer's form
        """Write every command with its line."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, listed.says) for name, listed in LISTED.items()])
