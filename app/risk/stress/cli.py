"""The command `stress`."""

from importlib import import_module
from typing import Annotated

import typer

from app.platform.config import Settings
from app.platform.console import output as console
from app.platform.console.options import AsJson, OfVersion
from app.platform.console.progress import progress
from app.platform.deps import open_resources
from app.risk.stress.showing import SHOW


def stress(
    *,
    close: Annotated[
        list[str] | None,
        typer.Option("--close", help="A firm that closes; give it again for more."),
    ] = None,
    more: Annotated[
        list[str] | None, typer.Argument(help="More firms that close with it.", metavar="FIRM…")
    ] = None,
    channels: Annotated[
        str | None, typer.Option("--channels", help="What closing runs along; all three.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="A file (YAML, JSON), or the id of one run.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Which scenario of a file with several.")
    ] = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Compute it again; show each change and why.")
    ] = False,
    compare: Annotated[
        str | None,
        typer.Option("--compare", help="Another: a name in the file, a file, or an id."),
    ] = None,
    attribute: Annotated[
        bool, typer.Option("--attribute", help="Show whose failing, and which trades, cost what.")
    ] = False,
    rescue: Annotated[
        str | None, typer.Option("--rescue", help="A budget in yuan: whom to support with it.")
    ] = None,
    reverse: Annotated[
        str | None, typer.Option("--reverse", help="A loss in yuan: who would have to fail.")
    ] = None,
    version: OfVersion = None,
    as_json: AsJson = False,
) -> None:
    """
    Show who loses what in a scenario: when firms close, or as a file says, by round.

    Example: deeptier stress --close F000001 --channels production,payments

    Example: deeptier stress --scenario port.yml --name "port closed" --attribute
    """
    asked: dict[str, str | bool | None] = {
        "replay": replay,
        "compare": compare,
        "attribute": attribute,
        "rescue": rescue,
        "reverse": reverse,
    }
    wanted = [name for name, value in asked.items() if value not in (None, False)]
    if len(wanted) > 1:
        raise typer.BadParameter(f"--{wanted[0]} and --{wanted[1]} are two questions: ask one")
    # Loaded here: compiled code takes a second to load, which other commands need not wait for.
    questions = import_module("app.risk.stress.questions")
    what = questions.StressQuestion((*(close or ()), *(more or ())), channels, scenario, name)
    question = wanted[0] if wanted else "losses"
    with open_resources(Settings()) as resources, progress("stress") as step:
        document = questions.answered(
            resources, what, question, asked.get(question), version=version, progress=step
        )
    if as_json:
        console.print_document(document)
    else:
        SHOW[question](document)
