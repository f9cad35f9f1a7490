"""
Which firms are cores: those the firms table says, and what somebody decided since.

Decisions are kept in the records, not in the version, so that a later import does not lose them.
"""

from collections.abc import Callable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.chain.chains.tables import cores
from app.platform.deps import Resources
from app.platform.process.kept import Kept
from graph.model import FirmId

KEPT_SHARE = 1 / 64
ENTRY_BYTES = 512  # Of one core, its id among them; of what is kept by.


def cores_of(resources: Resources, version: int) -> list[str]:
    """Return the ids of the cores of a version, in order."""
    return list(names_of_cores(resources, version))


def names_of_cores(resources: Resources, version: int) -> dict[str, str]:
    """Return the names of the cores of a version by their ids, in order."""
    shelf: Kept[dict[str, str]] = resources.shelf("cores", KEPT_SHARE, _size)
    decided = decisions(resources)
    key = version, frozenset(decided.items())
    return dict(shelf.made(key, lambda: _read(resources, version, decided)))


def _size(names: dict[str, str]) -> int:
    return ENTRY_BYTES + sum(ENTRY_BYTES + len(name) * 4 for name in names.values())


def _read(resources: Resources, version: int, decided: Mapping[str, bool]) -> dict[str, str]:
    read = resources.store.reader(version).columns("firms", ["firm", "name", "core"])
    flagged = zip(read["firm"].to_pylist(), read["core"].to_pylist(), strict=True)
    chosen = [at for at, (firm, core) in enumerate(flagged) if decided.get(firm, core)]
    found = [(read["firm"][at].as_py(), read["name"][at].as_py()) for at in chosen]
    return dict(sorted(found))


def decisions(resources: Resources) -> dict[str, bool]:
    """Return the firms of which somebody decided that they are cores, or are none."""
    with resources.records.reading() as connection:
        return {row.firm: row.chosen for row in connection.execute(sa.select(cores))}


def decide(resources: Resources, firm: str, *, chosen: bool, by: str) -> None:
    """
    Keep that a firm is a core from now on, or is none.

    Raises:
        Absent: No version is published yet.
        NotFound: The current version has no such firm.
    """
    decide_all(resources, {firm: chosen}, by=by)


def decide_all(
    resources: Resources,
    decided: Mapping[str, bool],
    *,
    by: str,
    along: Callable[[Connection], None] | None = None,
) -> None:
    """
    Keep of several firms whether they are cores from now on: of all, or of none.

    Args:
        resources: Where that is kept.
        decided: By firm whether it is a core.
        by: Who decided it.
        along: What is written in the same transaction.

    Raises:
        Absent: No version is published yet.
        NotFound: The current version has no such firm.
    """
    reader = resources.store.reader(resources.version().number)
    for firm in decided:
        reader.firm(FirmId(firm))
    with resources.records.writing() as connection:
        for firm, chosen in decided.items():
            row = {"chosen": chosen, "by": by, "at": resources.now()}
            change = sa.update(cores).where(cores.c.firm == firm).values(row)
            if not connection.execute(change).rowcount:
                connection.execute(cores.insert().values(firm=firm, **row))
        if along is not None:
            along(connection)
