"""Which release of the project runs."""

from functools import cache

SOURCE_VERSION = "0.1.0"


@cache
def code_version() -> str:
    """Return the version of the installed package, or of the sources it runs from."""
    from importlib import metadata  # noqa: PLC0415  # most commands never ask

    try:
        return metadata.version("deeptier")
    except metadata.PackageNotFoundError:
        return SOURCE_VERSION
