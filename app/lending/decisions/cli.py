"""The command `replay`."""

from typing import Annotated

import typer

from app.lending.decisions import service
from app.platform.console import output as console
from app.platform.console.options import AsJson
from app.platform.deps import open_resources
from app.platform.errors import Conflict


class NotTheSame(Conflict):
    """A decision does not come out as it was kept."""


def replay(
    decision: Annotated[str, typer.Argument(help="The id of the decision.")],
    *,
    as_json: AsJson = False,
) -> None:
    """
    Decide again from what was kept of a decision; end with 1 where it is not the same.

    Example: deeptier replay 9c1e5f0a3b7d2468a1b2 --json
    """
    with open_resources() as resources:
        found = service.replay(resources, decision)
    if as_json:
        console.print_document(found)
    else:
        rows = [[name, found[name]["was"], found[name]["is"]] for name in ("formula", "code")]
        rows += [[each["input"], each["was"], each["is"]] for each in found["differs"]]
        console.show_table(["what", "was", "is"], rows)
    if not found["same"]:
        first = found["differs"][0]["input"]
        raise NotTheSame(f"decision {decision} does not come out the same: {first} differs")
