"""The commands `contract`: whether a contract is what was signed."""

from pathlib import Path
from typing import Annotated

import typer

from app.lending.contracts.keys import difference
from app.lending.contracts.verification import BYTES_MAX, Checked, ContractDifference, check
from app.platform.config import Settings
from app.platform.console import output as console
from app.platform.console.options import AsJson
from app.platform.deps import open_resources
from app.platform.documents import Document
from app.platform.errors import Conflict

contract = typer.Typer(
    name="contract",
    no_args_is_help=True,
    help="Contracts: their text and signatures prove themselves."
    "\n\nExample: deeptier contract verify contract.json",
)


class NotSigned(Conflict):
    """A contract is not as it was signed."""


@contract.command("verify")
def verify_command(
    file: Annotated[
        Path,
        typer.Argument(help="The contract, as it was downloaded.", exists=True, dir_okay=False),
    ],
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no records whose the keys are.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """
    Check text and signatures, with records also the keys; end with 1 at the first difference.

    Text and signatures need nothing but the file. Where records are here, the keys must be those
    that its people and the bank had when they signed.

    Example: deeptier contract verify contract.json --json
    """
    with file.open("rb") as stream:
        found = check(stream.read(BYTES_MAX + 1))
    asks = isinstance(found, Checked) and not offline and _has_records(Settings())
    differs = _differs(found, asks=asks)
    told = _told(found, differs, asks=asks)
    if as_json:
        console.print_document(told)
    else:
        _show(told)
    if differs is not None:
        raise NotSigned(f"the contract is not as it was signed: {differs.words()}")


def _differs(found: Checked | ContractDifference, *, asks: bool) -> ContractDifference | None:
    if isinstance(found, ContractDifference) or not asks:
        return found if isinstance(found, ContractDifference) else None
    with open_resources() as resources:
        return difference(resources.records, found.signatures)


def _has_records(settings: Settings) -> bool:
    """Return whether there are records to ask; none are made for it."""
    return bool(settings.records_url) or (settings.home / "records.db").exists()


def _told(
    found: Checked | ContractDifference, differs: ContractDifference | None, *, asks: bool
) -> Document:
    known = found if isinstance(found, Checked) else None
    return {
        "ok": differs is None,
        "application": None if known is None else known.contract.get("application"),
        "sha256": None if known is None else known.sha256,
        "signatures": [each._asdict() for each in known.signatures] if known else [],
        "keys_checked": asks,
        "first_difference": None if differs is None else differs._asdict(),
    }


def _show(told: Document) -> None:
    signed: list[list[object]] = [
        [f"signed for the {each['role']}", f"{each['person']}, {each['signed_at']}"]
        for each in told["signatures"]
    ]
    rows: list[list[object]] = [
        ["application", told["application"]],
        ["sha256", told["sha256"]],
        *signed,
        ["keys held against records", "yes" if told["keys_checked"] else "no"],
        ["holds", "yes" if told["ok"] else "no"],
    ]
    console.show_table(["what", "found"], rows)
