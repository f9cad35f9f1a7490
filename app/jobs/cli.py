"""The commands `jobs`, `jobs run` and `jobs work`."""

import signal
import threading
from typing import Annotated

import typer

from app.data.imports.working import Imports
from app.jobs.running import jobs as listed
from app.jobs.running import run_job, take_up
from app.jobs.scheduler import Scheduler
from app.platform.audit.commands import audited
from app.platform.clock import local
from app.platform.console import output as console
from app.platform.console.operator import operator
from app.platform.console.options import AsJson
from app.platform.console.progress import progress
from app.platform.deps import open_resources
from app.platform.errors import AppError
from app.platform.process.logs import configure_logs

jobs = typer.Typer(
    name="jobs", help="Scheduled jobs and their last runs.\n\nExample: deeptier jobs --json"
)


class JobFailed(AppError):
    """A job that was run by hand did not end well."""


@jobs.callback(invoke_without_command=True)
def show(context: typer.Context, *, as_json: AsJson = False) -> None:
    """
    List the scheduled jobs and their last runs.

    Example: deeptier jobs --json
    """
    if context.invoked_subcommand is not None:
        return
    with open_resources() as resources:
        items = listed(resources)
    if as_json:
        console.print_document({"items": items})
        return
    zone = resources.settings.zone
    rows = []
    for each in items:
        last = each["last"] or {}
        ended = last.get("finished_at")
        rows.append(
            [
                each["name"],
                each["when"],
                last.get("state", "never ran"),
                local(ended, zone) if ended else "",
                last.get("detail", ""),
            ]
        )
    console.show_table(["job", "when", "last run", "ended", "detail"], rows)


@jobs.command()
def run(
    name: Annotated[str, typer.Argument(help="One of those that `jobs` lists.")],
    *,
    as_json: AsJson = False,
) -> None:
    """
    Run one job now.

    Example: deeptier jobs run refresh
    """
    with open_resources() as resources, audited(resources, f"jobs run {name}", name):
        with progress(f"job {name}") as step:
            ended = run_job(resources, name, by=operator(), progress=step)
        if as_json:
            console.print_document(ended)
        else:
            console.show(f"{name}: {ended['state']}: {ended['detail']}")
        if ended["state"] != "done":
            raise JobFailed(f"job {name} failed: {ended['detail']}")


@jobs.command()
def work() -> None:
    """
    Run scheduled jobs and imports until told to stop; of several such processes one leads.

    Example: deeptier jobs work
    """
    configure_logs(readable=False)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with (
        open_resources() as resources,
        Imports(resources, after=lambda: take_up(resources)),
        Scheduler(resources),
    ):
        stop.wait()
