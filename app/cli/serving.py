"""The command `serve`."""

import socket
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
import uvicorn

from app.cli.logins import Login, demo_logins
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
    _Server(config, logins).run(sockets=[config.bind_socket()])


class _Server(uvicorn.Server):
    """Says where it serves, and who may sign in, once it does."""

    def __init__(self, config: uvicorn.Config, logins: Sequence[Login]) -> None:
        super().__init__(config)
        self._logins = logins

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then print the address."""
        await super().startup(sockets=sockets)
        for login in self._logins:
            console.show(f"sign in as {login.name} with {login.password}")
        for place in sockets or []:
            host, port = place.getsockname()[:2]
            console.show(f"serving on http://{host}:{port}")
        sys.stdout.flush()
