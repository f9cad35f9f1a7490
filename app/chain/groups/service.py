"""Documents of connected groups, read from what a run has found."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import islice

from app.chain.groups.stored import Connected, GroupMember, GroupTie, TiedGroup, cap_fen, connected
from app.chain.limits.shown import Shown
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Absent
from app.platform.process.kept import Kept
from graph.errors import NotFound

KEPT = 1 / 16
MEMBERS_NAMED = 1000
EVIDENCE_MAX = 100


class NoGroups(Absent):
    """The run is of a release that looked for no groups."""

    code = "no_run"


def groups_in(resources: Resources, results: Shown) -> Connected:
    """
    Return the groups of a run; those asked for last stay in memory.

    Raises:
        NoGroups: An older release computed the run.
    """
    shelf: Kept[Connected] = resources.shelf("groups", KEPT, lambda kept: kept.bytes)
    head = results.head

    def read() -> Connected:
        """Return the groups as the run keeps them."""
        found = connected(results)
        if found is None:
            raise NoGroups(
                f"the limits of version {head.version} are of an older release, which looked for "
                f"no groups: run `deeptier refresh --version {head.version}`"
            )
        return found

    return shelf.made(head.run, read)


def listed(results: Shown, group: TiedGroup) -> Document:
    """Return a group as it stands in lists."""
    return {
        **_told(results, group),
        "members": [member.id for member in group.members[:MEMBERS_NAMED]],
    }


def _told(results: Shown, group: TiedGroup) -> Document:
    return {
        "id": group.id,
        "name": results.name(group.id),
        "firms": len(group.members),
        "families": group.families,
        "limits_fen": group.limits_fen,
        "cap_fen": cap_fen(results.policy),
    }


def page(
    found: Connected, *, after: str | None, size: int, firm: str | None = None
) -> tuple[Sequence[TiedGroup], str | None]:
    """
    Return groups in order, and the id after which the next page begins; None at the end.

    Args:
        found: The groups of a run.
        after: The last id of the page before.
        size: Groups of a page.
        firm: Only the group of this firm, if it stands in one.
    """
    if firm is not None:
        own = found.of(firm)
        return ([] if own is None else [found.groups[own]]), None
    rest = (group for group in found.groups.values() if after is None or group.id > after)
    items = list(islice(rest, size + 1))
    return items[:size], items[size - 1].id if len(items) > size else None


def group_of(found: Connected, results: Shown, group: str) -> TiedGroup:
    """
    Return a group by its id.

    Raises:
        NotFound: There is no such group.
    """
    if group not in found.groups:
        raise NotFound(f"no group {group!r} in version {results.head.version}")
    return found.groups[group]


def group_of_firm(resources: Resources, results: Shown, firm: str) -> str | None:
    """Return the group of a firm, to the bank; None where it stands alone or none is known."""
    if not results.sight.is_whole:
        return None
    with suppress(NoGroups):
        return groups_in(resources, results).of(firm)
    return None


def document(
    results: Shown, group: TiedGroup, *, start: int = 0, size: int | None = None
) -> tuple[Document, int | None]:
    """
    Return a group with a page of its members, and where the next page begins; None at the end.

    Args:
        results: The run.
        group: The group.
        start: Place of the first member.
        size: At most so many members; all by default.
    """
    end = len(group.members) if size is None else start + size
    part = group.members[start:end]
    ties = group.ties_of([member.id for member in part])
    told = {
        **results.head.document(),
        **_told(results, group),
        "members": [member_document(results, each, ties[each.id]) for each in part],
    }
    return told, end if end < len(group.members) else None


def member_document(results: Shown, member: GroupMember, ties: Sequence[GroupTie]) -> Document:
    """Return a member with its ties as evidence, those first that make it one."""
    return {
        "id": member.id,
        "name": results.name(member.id),
        "controller": member.controller,
        "held": member.held,
        "total_fen": member.total_fen,
        "evidence": [asdict(tie) for tie in ties[:EVIDENCE_MAX]],
        "ties": len(ties),
    }
