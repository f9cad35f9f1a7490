"""Options that many commands have, with the same words in each."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
OfVersion = Annotated[
    int | None, typer.Option("--version", help="A version; the current by default.")
]
