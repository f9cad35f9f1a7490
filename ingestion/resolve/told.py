"""Firms that rows of trade tell by credit code and name, listed or not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ingestion.resolve import beside, names
from ingestion.resolve.codes import code

NAMES_OF_A_CODE_MAX = 3  # A firm has been called this and that; more names are more firms.


class _NamedFirm(Protocol):
    @property
    def name(self) -> str:
        """Return the name that a source gives the firm."""
        ...

    @property
    def uscc(self) -> str | None:
        """Return the credit code that a source gives, None for none."""
        ...

    @property
    def aliases(self) -> tuple[str, ...]:
        """Return the other names that a source gives."""
        ...


@dataclass(frozen=True, slots=True)
class ToldFirms:
    """
    Codes with names beside them.

    `firms`: source, code, name, and whether names of that source identify. `crowded`: codes that
    stand beside more names than one firm has: of an agent, or fillers.
    """

    firms: tuple[tuple[str, str, str, bool], ...]
    crowded: frozenset[str]


def bearers_of(listed: Sequence[_NamedFirm]) -> dict[str, list[str]]:
    """Return by code the names under which firms with it are listed."""
    found: dict[str, list[str]] = {}
    for row in listed:
        plain = code(row.uscc)
        if plain is not None:
            found.setdefault(plain, []).extend((row.name, *row.aliases))
    return found


def told_in(
    texts: Iterable[tuple[str, str]],
    identifying: Mapping[str, bool],
    bearers: Mapping[str, Sequence[str]],
) -> ToldFirms:
    """
    Return the firms that party texts tell by code and name.

    Args:
        texts: Party texts with their sources, in a fixed order.
        identifying: By source, whether its names identify.
        bearers: By code, the names under which it is listed.
    """
    firms = []
    called: dict[str, list[str]] = {}
    for source, text in texts:
        plain, name = beside.parted(text)
        if plain is not None:
            firms.append((source, plain, name, identifying[source]))
            called.setdefault(plain, []).append(name)
    crowded = frozenset(
        plain
        for plain, of in called.items()
        if len(of) > NAMES_OF_A_CODE_MAX and not _few([*bearers.get(plain, ()), *sorted(of)])
    )
    return ToldFirms(tuple(firm for firm in firms if firm[1] not in crowded), crowded)


def _few(called: Sequence[str]) -> bool:
    """Return whether names are spellings of as few as one firm may have."""
    unlike: list[str] = []
    for name in called:
        if not any(names.alike(name, other) for other in unlike):
            unlike.append(name)
            if len(unlike) > NAMES_OF_A_CODE_MAX:
                return False
    return True
