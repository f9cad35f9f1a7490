"""The command `export`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.chain.chains.served import served_chain
from app.chain.limits.sheet import sheet
from app.data.versions.service import AskedVersion
from app.platform.console import output as console
from app.platform.console.options import OfVersion
from app.platform.console.progress import progress
from app.platform.deps import open_resources
from app.platform.files.whole import real, together
from graph.errors import InvalidInput
from graph.interop import export as files

BESIDE = ("trades", "limits")


class ExportFormat(StrEnum):
    """The forms of an exported chain."""

    html = "html"
    graphml = "graphml"
    csv = "csv"
    json = "json"


def export(
    core: Annotated[str, typer.Argument(help="Id of the core.")],
    *,
    form: Annotated[ExportFormat, typer.Option("--format", help="Form of the file.")],
    out: Annotated[
        Path, typer.Option("--out", help="Where to write it; of csv a file, or a folder.")
    ],
    version: OfVersion = None,
) -> None:
    """
    Write one chain for other people's tools; the HTML page works offline.

    Of csv there are three files, one a table: PATH.csv with the firms, PATH-trades.csv and
    PATH-limits.csv beside it; or firms.csv, trades.csv and limits.csv in a folder.

    Example: deeptier export F000001 --format csv --out chain.csv
    """
    if not real(out).parent.is_dir():
        raise InvalidInput(f"{out}: there is no such folder")
    with open_resources() as resources, progress("export") as step:
        step("chain", None)
        found = served_chain(resources, core, AskedVersion(version))
        step(form.value, None)
        language = resources.settings.language
        written = {out: files.chain(found.network, found.chain, form.value, language=language)}
        if form is ExportFormat.csv:
            trades = files.trades(found.network, found.chain)
            limits = sheet(each.document() for each in found.limits or ())
            written = dict(zip(_tables(out), (written[out], trades, limits), strict=True))
    if form is ExportFormat.csv and found.limits is None:
        console.say(f"note: without limits: no run has seen the chain of {core!r}")
    with together() as draft:
        for path, content in written.items():
            draft(path).write_bytes(content)
    console.say(f"wrote {', '.join(map(str, written))}")


def _tables(out: Path) -> tuple[Path, ...]:
    """Return where firms, trades and limits go: beside a file, or into a folder."""
    if out.suffix and not out.is_dir():
        first, ending = out.stem, out.suffix
        return out, *(out.with_name(f"{first}-{each}{ending}") for each in BESIDE)
    out.mkdir(exist_ok=True)
    return out / "firms.csv", *(out / f"{each}.csv" for each in BESIDE)
