"""Who is who in the bank: units in a tree, people in them, and who may decide how much."""

from app.books.organisation.chart import Authority, Organisation, OrganisationBook, OrganisationUnit

__all__ = ["Authority", "Organisation", "OrganisationBook", "OrganisationUnit"]
