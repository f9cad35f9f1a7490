"""The command `serve`."""

import socket
import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from app.chain.runs.refreshing import refresh_version
from app.cli.bank import DAYS, live_once
from app.cli.logins import Login, demo_logins
from app.cli.people import seeded_names
from app.main import create_app, stopping
from app.platform.config import Settings
from app.platform.console import output as console
from app.platform.console.progress import progress
from app.platform.deps import Resources, open_resources
from app.platform.process.logs import configure_logs
from app.platform.server.bounds import ConnectionBounds, connections_max
from app.platform.server.memory import share_memory
from app.platform.server.serving import ApplicationServer, listen


def serve(
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Make and print a login for each role.")
    ] = False,
    quiet_bank: Annotated[
        bool, typer.Option("--quiet-bank", help="With --demo: leave the book as it is.")
    ] = False,
    jobs: Annotated[
        bool, typer.Option("--jobs/--no-jobs", help="Run scheduled jobs when leading.")
    ] = True,
) -> None:
    """
    Serve pages and interface in the foreground, on DEEPTIER_HOST and DEEPTIER_PORT.

    Example: deeptier serve
    """
    share_memory()  # Before the first thread starts.
    settings = Settings()
    configure_logs(readable=sys.stderr.isatty())
    if demo and not quiet_bank:
        with open_resources(settings, names=seeded_names()) as resources:
            _live(resources)
    with open_resources(settings) as resources:
        logins = demo_logins(resources) if demo else []
        _ = resources.records  # Tables are there before the first request asks for them.
    listener = listen(settings.host, settings.port)
    app = create_app(settings, with_jobs=jobs)
    server = ApplicationServer(
        app,
        listener,
        ConnectionBounds(connections_max=connections_max(settings.connections)),
        started=partial(_say, listener, logins),
        stopping=partial(stopping, app),
    )
    server.run()


def _live(resources: Resources) -> None:
    """Let the bank of the demo be at work for a while, once, and its limits follow."""
    with progress("business days") as step:
        life = live_once(resources, progress=step)
    if life is not None:
        with progress("limits") as step:
            refresh_version(resources, None, progress=step)
        told = ", ".join(f"{act} {count}" for act, count in sorted(life.done.items()))
        console.show(f"{DAYS} business days: {told}")
        asked = ", ".join(f"{outcome} {count}" for outcome, count in sorted(life.outcomes.items()))
        console.show(f"applications decided by the machine: {asked}")


def _say(listener: socket.socket, logins: Sequence[Login]) -> None:
    """Print where the service is, and who may sign in."""
    for login in logins:
        console.show(f"sign in as {login.name} with {login.password} · {login.shows}")
    host, port = listener.getsockname()[:2]
    console.show(f"serving on http://{f'[{host}]' if ':' in host else host}:{port}")
    sys.stdout.flush()
