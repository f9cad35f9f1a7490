"""Documents of cores and chains."""

from itertools import groupby
from typing import Any

from app.chains.cores import cores_of
from app.chains.picture import Head, Picture
from app.deps import Resources
from app.kit.documents import Document
from app.limits.results import open_results
from app.versions.service import Asked, policy_of, version_and_run


def cores(resources: Resources, asked: Asked) -> tuple[Head, list[Document]]:
    """
    Return the cores of a version in order, with how many firms stand in each chain.

    The number is that of the run; it is null for a core that no run has seen yet.

    Raises:
        Absent: There is no such version.
    """
    version, run = version_and_run(resources, asked)
    head = Head(
        version.number,
        version.as_of.isoformat(),
        run.policy if run else policy_of(resources, version.as_of).version,
        run.run if run else None,
    )
    reader = resources.store.reader(version.number)
    if run is None:
        firms = reader.columns("firms", ["firm", "name"])
        names = dict(zip(firms["firm"].to_pylist(), firms["name"].to_pylist(), strict=True))
        found = cores_of(resources, version.number)
        return head, [{"id": core, "name": names[core], "firms": None} for core in found]
    results = open_results(resources.runs / run.folder)
    return head, [
        {"id": core, "name": results.name(core), "firms": results.size(core)}
        for core in results.cores
    ]


def head_of(picture: Picture) -> Document:
    """Return what every document of a chain says first."""
    return {"core": {"id": picture.core, "name": picture.name}, **picture.head.document()}


def tiers_of(picture: Picture) -> list[dict[str, Any]]:
    """Return firms and trade by direction and tier, up before down, nearest first."""
    found = []
    for (direction, tier), group in groupby(picture.members, lambda m: (m.direction, m.tier)):
        members = list(group)
        found.append(
            {
                "direction": direction,
                "tier": tier,
                "firms": len(members),
                "amount_fen": sum(each.amount_fen for each in members),
            }
        )
    return found


def chain(picture: Picture, *, tiers: int | None = None, start: int = 0, size: int) -> Document:
    """Return a chain's document with a part of its firms; `next` is their next place or None."""
    members = [each for each in picture.members if tiers is None or each.tier <= tiers]
    page = members[start : start + size]
    after = start + size
    return {
        **head_of(picture),
        "tiers": [each for each in tiers_of(picture) if tiers is None or each["tier"] <= tiers],
        "firms": [each.document() for each in page],
        "next": after if after < len(members) else None,
    }
