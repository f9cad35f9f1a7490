"""What a version is made of: the sources that gave its rows, as the lake's manifest has them."""

from app.platform.deps import Resources
from app.platform.documents import Document
from graph.errors import NotFound
from ingestion.lake import manifest as manifests


def sources_of(resources: Resources, version: int) -> list[Document] | None:
    """Return the sources of a version with the number of their files; None without a manifest."""
    try:
        manifest = manifests.read(resources.home / "lake", version)
    except NotFound:
        return None
    return [
        {
            "source": source,
            "files": len({origin.sha256 for part in parts for origin in part.origins}),
        }
        for source, parts in sorted(manifest.sources.items())
    ]


def told(sources: list[Document] | None) -> str:
    """
    Return the sources of a version in words.

    Example:
        >>> told([{"source": "demo", "files": 12}, {"source": "files", "files": 1}])
        'demo (12 files), files (1 file)'
    """
    if sources is None:
        return "not known here"
    return ", ".join(
        f"{each['source']} ({each['files']} file{'s' if each['files'] != 1 else ''})"
        for each in sources
    )
