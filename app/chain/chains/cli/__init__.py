"""
The commands `cores`, `core`, `chain` and `export`, each loaded when it is called.

The kernels behind a chain take a second to load, which `cores` need not wait for.
"""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
OfVersion = Annotated[
    int | None, typer.Option("--version", help="A version; the current by default.")
]
