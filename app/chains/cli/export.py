"""The command `export`."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from app.auth.sight import EVERYTHING
from app.chains.cli import OfVersion
from app.deps import Resources, open_resources
from app.kit import console
from app.kit.files import real, together
from app.limits import documents
from app.limits.sheet import sheet
from app.versions.networks import network_of
from app.versions.service import Asked, policy_of
from graph.chains import find_chain
from graph.errors import InvalidInput, NotFound
from graph.interop import export as files

BESIDE = ("trades", "limits")


class Form(StrEnum):
    """The forms of an exported chain."""

    html = "html"
    graphml = "graphml"
    csv = "csv"
    json = "json"


def export(
    core: Annotated[str, typer.Argument(help="Id of the core.")],
    *,
    form: Annotated[Form, typer.Option("--format", help="Form of the file.")],
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
    with open_resources() as resources:
        found = resources.version(version)
        policy = policy_of(resources, found.as_of)
        network = network_of(resources, found.number)
        members = find_chain(
            network,
            core,
            tiers_max=policy.whole("tiers_max"),
            share_min=policy.decimal("trade_share_min"),
        )
        language = resources.settings.language
        written = {out: files.chain(network, members, form.value, language=language)}
        if form is Form.csv:
            trades = files.trades(network, members)
            limits = sheet(_limits(resources, core, found.number))
            written = dict(zip(_tables(out), (written[out], trades, limits), strict=True))
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


def _limits(resources: Resources, core: str, version: int) -> Sequence[Mapping[str, Any]]:
    """Return the firms' limits as `limits` has them; none, said so, where no run has seen them."""
    try:
        results = documents.results_of(resources, Asked(version), EVERYTHING)
        firms: Sequence[Mapping[str, Any]] = documents.chain(results, core)["firms"]
    except (documents.NoRun, NotFound) as error:
        console.say(f"note: without limits: {error}")
        return []
    return firms
