"""The command `replay`."""

from typing import Annotated

import typer

from app.lending.decisions import service
from app.platform.console import output as console
from app.platform.console.options import AsJson
from app.platform.console.progress import progress
from app.platform.deps import open_resources
from app.platform.documents import Document
from app.platform.errors import Conflict


class NotTheSame(Conflict):
    """A decision does not come out as it was kept."""


def replay(
    decision: Annotated[str | None, typer.Argument(help="The id of the decision.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Each decision that is kept.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Decide again from what was kept of a decision, or of all; end with 1 where one differs.

    Example: deeptier replay 9c1e5f0a3b7d2468a1b2 --json
    """
    if every is (decision is not None):
        raise typer.BadParameter("give the id of a decision, or --all")
    with open_resources() as resources:
        if decision is not None:
            _show_one(service.replay(resources, decision), as_json=as_json)
        else:
            with progress("replay") as step:
                found = service.replay_all(resources, step)
            _show_all(found, as_json=as_json)


def _show_one(found: Document, *, as_json: bool) -> None:
    """
    Show what became of a decision.

    Raises:
        NotTheSame: It does not come out the same.
    """
    if as_json:
        console.print_document(found)
    else:
        rows = [[name, found[name]["was"], found[name]["is"]] for name in ("formula", "code")]
        rows += [[each["input"], each["was"], each["is"]] for each in found["differs"]]
        console.show_table(["what", "was", "is"], rows)
    if not found["same"]:
        first = found["differs"][0]["input"]
        raise NotTheSame(
            f"decision {found['decision']} does not come out the same: {first} differs"
        )


def _show_all(found: Document, *, as_json: bool) -> None:
    """
    Show what became of all decisions.

    Raises:
        NotTheSame: Some do not come out the same.
    """
    if as_json:
        console.print_document(found)
    else:
        rows = [
            [one["decision"], each["input"], each["was"], each["is"]]
            for one in found["differing"]
            for each in one["differs"][:1]
        ]
        if rows:
            console.show_table(["decision", "what", "was", "is"], rows)
        console.show_table(["decisions", "differ"], [[found["decisions"], found["differ"]]])
    if not found["same"]:
        raise NotTheSame(
            f"{found['differ']} of {found['decisions']} decisions do not come out the same"
        )
