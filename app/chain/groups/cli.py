"""The command `groups`."""

from collections.abc import Sequence
from typing import Annotated

import typer

from app.chain.groups import service
from app.chain.groups.stored import TiedGroup
from app.chain.limits.documents import results_of
from app.chain.limits.shown import Shown
from app.data.versions.service import AskedVersion
from app.platform.auth.sight import EVERYTHING
from app.platform.console import output as console
from app.platform.console.options import AsJson, OfVersion
from app.platform.deps import open_resources
from app.platform.documents import Document

MEMBER = ("id", "name", "controller", "held")
TIE = ("kind", "source", "target", "share")


def groups(
    group: Annotated[
        str | None, typer.Argument(help="A group, by its first member; all by default.")
    ] = None,
    *,
    firm: Annotated[str | None, typer.Option("--firm", help="The group of this firm.")] = None,
    version: OfVersion = None,
    as_json: AsJson = False,
) -> None:
    """
    Show the connected groups of a version, and what ties their members together.

    Example: deeptier groups

    Example: deeptier groups C0001
    """
    with open_resources() as resources:
        results: Shown = results_of(resources, AskedVersion(version), EVERYTHING)
        found = service.groups_in(resources, results)
        if group is not None:
            document, _ = service.document(results, service.group_of(found, results, group))
        else:
            items, _ = service.page(found, after=None, size=len(found.groups), firm=firm)
            document = _every(results, items)
    if as_json:
        console.print_document({**document, "next": None})
    elif group is not None:
        _show_group(document)
    else:
        _show(document)


def _every(results: Shown, items: Sequence[TiedGroup]) -> Document:
    return {
        **results.head.document(),
        "items": [service.listed(results, each) for each in items],
    }


def _show(document: Document) -> None:
    console.show_facts({name: document[name] for name in ("version", "as_of", "policy", "run")})
    console.show_first(
        ["group", "name", "firms", "tied by", "limits (yuan)", "cap (yuan)"],
        [
            [
                item["id"],
                item["name"],
                item["firms"],
                ", ".join(item["families"]),
                console.yuan(item["limits_fen"]),
                console.yuan(item["cap_fen"]),
            ]
            for item in document["items"]
        ],
    )


def _show_group(document: Document) -> None:
    facts = ("id", "name", "version", "as_of", "firms")
    console.show_facts(
        {name: document[name] for name in facts}
        | {"tied by": ", ".join(document["families"])}
        | {"limits (yuan)": console.yuan(document["limits_fen"])}
        | {"cap (yuan)": console.yuan(document["cap_fen"])}
    )
    console.show_first(
        ["firm", "name", "controlled by", "held", "may borrow (yuan)"],
        [
            [*(each[key] for key in MEMBER), console.yuan(each["total_fen"])]
            for each in document["members"]
        ],
    )
    ties = {tuple(tie.values()): tie for each in document["members"] for tie in each["evidence"]}
    console.show_first(
        ["tie", "from", "to", "share", "trade (yuan)"],
        [[*(tie[key] for key in TIE), console.yuan(tie["amount_fen"])] for tie in ties.values()],
    )
