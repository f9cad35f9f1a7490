"""
The command `deeptier`.

Facts go to standard output, everything else to standard error. Exit status 0 = done, 1 = refused
or failed with a message, 2 = wrong usage, 130 = interrupted. A stack trace is shown with `--debug`
only.
"""

import atexit
import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from app.cli.listing import Commands

FAILED = 1
INTERRUPTED = 130  # What a shell gives for a process that an interrupt ended.
app = typer.Typer(
    name="deeptier",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From raw trade files to what every chain and every firm may borrow, and why.",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its status."""
    if arguments is None:  # This process is the command: its end gives back all there is,
        atexit.register(gc.freeze)  # so that no collector need walk it once more (0.1 s).
    given = sys.argv[1:] if arguments is None else list(arguments)
    debug = "--debug" in given
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # A terminal may lack the characters of a name.
            stream.reconfigure(errors="backslashreplace")
    try:
        app(args=[each for each in given if each != "--debug"], prog_name="deeptier")
    except KeyboardInterrupt:  # Between two steps; within one typer ends it with the same status.
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:  # Who read our output has gone, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(FAILED) from None
    except refusals() as error:
        if debug:
            import traceback  # noqa: PLC0415  # most commands end well

            traceback.print_exc()
        from app.platform.console.output import say  # noqa: PLC0415  # the same
        from app.platform.http.faults import reason  # noqa: PLC0415  # the same

        say(f"error: {reason(error)}")
        raise SystemExit(FAILED) from None


def refusals() -> tuple[type[BaseException], ...]:
    """Return what ends a command with a message; loaded when something was raised."""
    from pydantic import ValidationError  # noqa: PLC0415  # most commands end well

    from app.platform.errors import AppError  # noqa: PLC0415  # the same
    from graph.errors import GraphError  # noqa: PLC0415  # the same

    return AppError, GraphError, ValidationError, OSError


def _show_version(wanted: bool) -> None:  # noqa: FBT001  # typer's form
    if wanted:
        from app.platform.release import code_version  # noqa: PLC0415  # other commands never ask

        sys.stdout.write(f"deeptier {code_version()}\n")
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
    import logging  # noqa: PLC0415  # `--help` and `--version` log nothing

    from app.platform.process.logs import prepare_logs  # noqa: PLC0415  # the same

    prepare_logs(readable=sys.stderr.isatty(), level=logging.WARNING)
