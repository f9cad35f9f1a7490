"""The groups of one run in memory: who stands in which, and what ties it together."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from app.chain.limits.formulas.exact import written
from app.chain.limits.shown import Shown
from app.policy import Policy

CONTROL, DEPENDENCE = "control", "dependence"
FAMILIES = {
    "equity": CONTROL,
    "control": CONTROL,
    "receipts": DEPENDENCE,
    "expenditure": DEPENDENCE,
}
PLACES = Decimal("1e-12")
UNIT = Decimal("1e-15")  # Of what a controller's block holds, as a run stores it.
FIRM_BYTES = 800  # A member and a tie as Python holds them, about.


@dataclass(frozen=True, slots=True)
class GroupTie:
    """
    What ties two firms: a holding, a link of control, or the trade that one lives on.

    A holding and a link lead from the owner to the firm that it owns; a reliance from the firm
    that relies to its partner, `amount_fen` of `whole_fen` being with it.
    """

    kind: str
    source: str
    target: str
    share: str | None
    amount_fen: int | None
    whole_fen: int | None
    holding: str | None
    from_on: str | None
    to_on: str | None

    @property
    def family(self) -> str:
        """Return whether it is control or dependence."""
        return FAMILIES[self.kind]


@dataclass(frozen=True, slots=True)
class GroupMember:
    """
    A firm of a group.

    `controller` heads the block that controls it, which holds `held` of it; both None where
    nobody does. `total_fen` is what it may borrow in all; None where it has no limit.
    """

    id: str
    controller: str | None
    held: str | None
    total_fen: int | None


@dataclass(frozen=True, slots=True)
class TiedGroup:
    """Firms that stand and fall together; a group is named by its first member."""

    id: str
    members: Sequence[GroupMember]
    ties: Sequence[GroupTie]

    @property
    def families(self) -> Sequence[str]:
        """Return what ties it: control, dependence, or both in this order."""
        found = {tie.family for tie in self.ties}
        return [each for each in (CONTROL, DEPENDENCE) if each in found]

    @property
    def limits_fen(self) -> int:
        """Return what its members may borrow in all, each by itself."""
        return sum(member.total_fen or 0 for member in self.members)

    def ties_of(self, firms: Collection[str]) -> Mapping[str, Sequence[GroupTie]]:
        """Return the ties of some members, of each those first that make it one."""
        found: dict[str, list[GroupTie]] = {firm: [] for firm in firms}
        for tie in self.ties:
            for firm in {tie.source, tie.target} & found.keys():
                found[firm].append(tie)
        for firm, ties in found.items():
            ties.sort(key=lambda tie: (tie.target == firm) != (tie.family == CONTROL))
        return found


class Connected:
    """
    The groups of one run, in order of their ids.

    Args:
        groups: Every group by its id.
        run: The run that found them.
        cap_fen: What the bank lends each at most.
    """

    def __init__(self, groups: Mapping[str, TiedGroup], *, run: str, cap_fen: int) -> None:
        self.groups, self.run, self.cap_fen = groups, run, cap_fen
        self._of = {m.id: group.id for group in groups.values() for m in group.members}

    @property
    def bytes(self) -> int:
        """Return what they take in memory, about."""
        return FIRM_BYTES * (1 + len(self._of))

    @cached_property
    def digest(self) -> str:
        """Return the digest of who stands in which group."""
        told = json.dumps(sorted(self._of.items()), ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()

    def of(self, firm: str) -> str | None:
        """Return the group of a firm; None where it stands alone."""
        return self._of.get(firm)

    def members(self, group: str) -> Sequence[str]:
        """Return the ids of a group's members, in order."""
        return [member.id for member in self.groups[group].members]


def connected(results: Shown) -> Connected | None:
    """Return the groups of a run; None where an older release computed it, or to a core or firm."""
    members, ties = (results.beside(name) for name in ("groups", "group_ties"))
    if members is None or ties is None:
        return None
    tied = {
        group: [_tie(row) for row in rows]
        for group, rows in groupby(ties.to_pylist(), lambda row: str(row["group"]))
    }
    return Connected(
        {
            group: TiedGroup(group, [_member(row) for row in rows], tied[group])
            for group, rows in groupby(members.to_pylist(), lambda row: str(row["group"]))
        },
        run=results.head.run,
        cap_fen=cap_fen(results.policy),
    )


def cap_fen(policy: Policy) -> int:
    """Return what the bank lends a connected group at most, by policy."""
    return int(policy.decimal("group_share") * policy.whole("tier1_net_fen"))


def _member(row: Mapping[str, Any]) -> GroupMember:
    held = None if row["controller"] is None else written(row["held_units"] * UNIT)
    return GroupMember(row["firm"], row["controller"], held, row["total_fen"])


def _tie(row: Mapping[str, Any]) -> GroupTie:
    return GroupTie(
        kind=row["kind"],
        source=row["source"],
        target=row["target"],
        share=_share(row),
        amount_fen=row["amount_fen"],
        whole_fen=row["whole_fen"],
        holding=row["holding"],
        from_on=row["from_on"] and row["from_on"].isoformat(),
        to_on=row["to_on"] and row["to_on"].isoformat(),
    )


def _share(row: Mapping[str, Any]) -> str | None:
    """Return the share that is held as it was given, or the one of the trade, cut at 12 places."""
    if row["whole_fen"] is None:
        return None if row["share"] is None else written(Decimal(repr(row["share"])))
    units = row["amount_fen"] * 10**12 // row["whole_fen"]
    return written(units * PLACES)
