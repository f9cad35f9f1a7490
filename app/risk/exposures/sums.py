"""Live uses of the ledger, summed by what somebody asks for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.books.ledger.figures import DOCUMENTS
from app.books.ledger.known import Row
from app.books.ledger.paths import occupied, path_of
from app.books.ledger.reading import AccountSeen


@dataclass(slots=True)
class ExposureSum:
    """
    What is lent (`posted_fen`) and promised (`pending_fen`), and documents not lent on yet.

    A document that a use stands on is in the use.
    """

    posted_fen: int = 0
    pending_fen: int = 0
    documents_fen: int = 0

    @property
    def exposure_fen(self) -> int:
        """Return all of it together."""
        return self.posted_fen + self.pending_fen + self.documents_fen


def summed(uses: Iterable[Row], key: Callable[[Row], str | None]) -> Mapping[str, ExposureSum]:
    """
    Return what is lent and promised by key; a use without one is left out.

    Args:
        uses: Live uses.
        key: What a use is summed under.
    """
    found: dict[str, ExposureSum] = {}
    for use in uses:
        name = key(use)
        if name is not None:
            _add(found.setdefault(name, ExposureSum()), use)
    return found


def summed_by_core(
    uses: Iterable[Row], accounts: Iterable[AccountSeen]
) -> Mapping[str, ExposureSum]:
    """
    Return what is lent and promised on each core, with what it confirmed or issued here.

    A core's account is occupied by the faces of its documents and by a part of each use without
    a document; what uses take of it comes off, and what they carry of documents.

    Args:
        uses: Live uses.
        accounts: The accounts of cores.
    """
    found: dict[str, ExposureSum] = {}
    faces = {
        each.identity.core: each.figures.posted + each.figures.pending
        for each in accounts
        if each.identity.core is not None
    }
    for use in uses:
        core = use["core"]
        if core is None:
            continue
        _add(found.setdefault(core, ExposureSum()), use)
        faces[core] = faces.get(core, 0) - _on_documents(use, core)
    for core, face in faces.items():
        if face > 0:
            found.setdefault(core, ExposureSum()).documents_fen = face
    return found


def _add(total: ExposureSum, use: Row) -> None:
    if use["state"] == "posted":
        total.posted_fen += use["left_fen"]
    else:
        total.pending_fen += use["left_fen"]


def _on_documents(use: Row, core: str) -> int:
    """Return what a use takes of a core's account, and what documents carry of it."""
    own = {f"core:{core}"}
    return sum(
        occupied(each, use["left_fen"])
        for each in path_of(use["path"])
        if each.account in own or each.account.partition(":")[0] in DOCUMENTS
    )
