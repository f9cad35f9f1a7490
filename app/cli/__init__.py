"""
The command `deeptier`.

Facts go to standard output, everything else to standard error. Exit status 0 = done, 1 = refused
or failed with a message, 2 = wrong usage. A stack trace is shown with `--debug` only.
"""

import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from pydantic import ValidationError

from app.analyse.cli import analyse
from app.chains.cli import chain, core, cores, export
from app.cli.doctor import doctor
from app.cli.serving import serve
from app.config import Settings, code_version
from app.errors import AppError
from app.imports.cli import ingest
from app.jobs.cli import jobs
from app.kit import console
from app.kit.logs import configure_logs
from app.limits.cli import explain, limits
from app.runs.cli import refresh
from app.stress.cli import stress
from app.users.cli import token, user
from app.versions.cli import versions
from graph.errors import GraphError
from ingestion.sources.demo.cli import demo

FAILED = 1
VALUE = "Value error, "  # How pydantic begins the messages of our own checks.
app = typer.Typer(
    name="deeptier",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From raw trade files to what every chain and every firm may borrow, and why.",
)
REFUSALS = (AppError, GraphError, ValidationError, OSError)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    debug = "--debug" in given
    try:
        app(args=[each for each in given if each != "--debug"], prog_name="deeptier")
    except BrokenPipeError:  # Who read our output has gone, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(FAILED) from None
    except REFUSALS as error:
        if debug:
            traceback.print_exc()
        console.say(f"error: {reason(error)}")
        raise SystemExit(FAILED) from None


def reason(error: BaseException) -> str:
    """Return the message of a refusal; a wrong setting is named by its variable."""
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        faults = []
        for fault in error.errors():
            name = "_".join(str(part) for part in fault["loc"]).upper()
            faults.append(f"DEEPTIER_{name}: {fault['msg'].removeprefix(VALUE)}")
        return "; ".join(faults)
    return str(error) or type(error).__name__


def _show_version(wanted: bool) -> None:  # noqa: FBT001  # typer's form
    if wanted:
        console.show(f"deeptier {code_version()}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    debug: Annotated[  # noqa: ARG001  # `main` reads it
        bool, typer.Option("--debug", help="Show the stack trace of errors.")
    ] = False,
    version: Annotated[  # noqa: ARG001  # its callback reads it
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    configure_logs(readable=sys.stderr.isatty(), level=logging.WARNING)


def register(*commands: Callable[..., None]) -> None:
    """Add commands under their own names; `core_add` becomes `core-add`."""
    for command in commands:
        app.command()(command)


register(demo, ingest, refresh, versions, cores, chain, limits, explain, stress, export)
register(serve, doctor)
for group in (analyse, core, jobs, token, user):
    app.add_typer(group)
