"""The command `serve`."""

import sys
from typing import Annotated

import typer
import uvicorn

from app.cli.logins import demo_logins
from app.config import Settings
from app.deps import open_resources
from app.kit import console
from app.kit.logs import configure_logs
from app.main import create_app


def serve(
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Make and print a login for each role.")
    ] = False,
    jobs: Annotated[
        bool, typer.Option("--jobs/--no-jobs", help="Run scheduled jobs when leading.")
    ] = True,
) -> None:
    """
    Serve pages and interface in the foreground, on DEEPTIER_HOST and DEEPTIER_PORT.

    Example: deeptier serve
    """
    settings = Settings()
    configure_logs(readable=sys.stderr.isatty())
    with open_resources(settings) as resources:
        logins = demo_logins(resources) if demo else []
        _ = resources.records  # Tables are there before the first request asks for them.
    config = uvicorn.Config(
        create_app(settings, with_jobs=jobs),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
    )
    listening = config.bind_socket()
    host, port = listening.getsockname()[:2]
    for login in logins:
        console.show(f"sign in as {login.name} with {login.password}")
    console.show(f"serving on http://{host}:{port}")
    sys.stdout.flush()
    uvicorn.Server(config).run(sockets=[listening])
