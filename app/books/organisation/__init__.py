"""Who is who in the bank: units in a tree, people in them, and who may decide how much."""

from app.books.organisation.chart import Authority, Organisation, OrganisationBook, OrganisationUnit
from app.books.organisation.forms import Level

__all__ = ["Authority", "Level", "Organisation", "OrganisationBook", "OrganisationUnit"]
