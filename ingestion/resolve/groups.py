"""Groups of listed firms that are one: joined step by step, never across different codes."""

from collections.abc import Iterable, Sequence


class FirmGroups:
    """
    Disjoint sets of listed firms, each with the credit codes that its members have.

    Args:
        codes: The valid credit code of each listed firm, None where it has none.
        apart: Pairs of listed firms (by their place) that a person keeps apart.
    """

    def __init__(self, codes: Sequence[str | None], apart: Iterable[tuple[int, int]] = ()) -> None:
        self._parent = list(range(len(codes)))
        self._members = {place: [place] for place in self._parent}
        self._codes = {
            place: frozenset(() if code is None else (code,)) for place, code in enumerate(codes)
        }
        self._apart: dict[int, set[int]] = {}
        for one, other in apart:
            self._apart.setdefault(one, set()).add(other)
            self._apart.setdefault(other, set()).add(one)

    def root(self, place: int) -> int:
        """Return the place that stands for a firm's whole group: the first of its members."""
        while self._parent[place] != place:
            self._parent[place] = self._parent[self._parent[place]]
            place = self._parent[place]
        return place

    def has_code(self, place: int) -> bool:
        """Return whether a member of the firm's group has a code."""
        return bool(self._codes[self.root(place)])

    def members(self, place: int) -> list[int]:
        """Return every firm of the group."""
        return self._members[self.root(place)]

    def join(self, one: int, other: int, *, whatever_codes: bool = False) -> bool:
        """Return whether two firms are one group now; different codes or a person forbid it."""
        first, second = sorted((self.root(one), self.root(other)))
        if first == second:
            return True
        codes, others = self._codes[first], self._codes[second]
        differ = bool(codes) and bool(others) and codes.isdisjoint(others)
        if (differ and not whatever_codes) or self._forbidden(first, second):
            return False
        self._parent[second] = first
        self._members[first] += self._members.pop(second)
        self._codes[first] = codes | others
        return True

    def _forbidden(self, first: int, second: int) -> bool:
        if not self._apart:
            return False
        others = set(self._members[second])
        return any(self._apart.get(member, set()) & others for member in self._members[first])
