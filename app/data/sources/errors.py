"""Why a description is not saved."""

from app.platform.errors import Conflict, Malformed


class BadText(Malformed):
    """The text breaks the language of descriptions; the detail tells every place."""

    code = "bad_description"
    title = "Bad description"


class VersionUsed(Conflict):
    """Another text was published under the version that this one has."""

    code = "version_used"
    title = "Version used"
