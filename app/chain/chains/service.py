"""Documents of cores and chains."""

from typing import Any

from app.chain.chains.picture import Picture
from app.platform.documents import Document


def head_of(picture: Picture) -> Document:
    """Return what every document of a chain says first."""
    return {"core": {"id": picture.core, "name": picture.name}, **picture.head.document()}


def tiers_of(picture: Picture) -> list[dict[str, Any]]:
    """Return firms and trade by direction and tier, up before down, nearest first."""
    return [each.document() for each in picture.tiers]


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
