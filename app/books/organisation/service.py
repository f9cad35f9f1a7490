"""The organisation in force, and who works where."""

import datetime as dt

from app.books.organisation.chart import Organisation, OrganisationBook
from app.platform.deps import Resources
from app.platform.documents import Document


def organisation_on(resources: Resources, day: dt.date | None = None) -> Organisation:
    """
    Return the organisation in force on a day; by default on the bank's own.

    Raises:
        Unready: The folder of organisations cannot be used, or none is in force.
    """
    return OrganisationBook(resources.settings.policy).on(day or resources.today())


def document(organisation: Organisation) -> Document:
    """Return the units as an answer, each after the one that it is below."""
    items = [
        {
            "id": each.id,
            "level": each.level,
            "parent": each.parent,
            "label": {"zh": each.label.zh, "en": each.label.en},
        }
        for each in organisation.units.values()
    ]
    return {"organisation": organisation.version, "items": items, "next": None}
