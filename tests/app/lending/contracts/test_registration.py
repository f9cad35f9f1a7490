"""What is financed is filed once with the registry, whatever becomes of its answers."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of
from app.lending.applications.tables import applications
from app.lending.contracts import repository
from app.lending.contracts.errors import NoAnswer
from app.lending.contracts.registration import BuiltInRegistry, Filing, ensure_filed
from app.lending.contracts.tables import contracts
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from app.platform.events.tables import head
from tests.app.conftest import NOW
from tests.app.lending.contracts.offers import OFFER

DOCUMENTS = [{"kind": "receivable", "number": "R1"}, {"kind": "voucher", "number": "V1"}]
SIGNED = {"application": "A1", "sha256": "0" * 64, "file": "{}", "signed_on": "2026-06-30"}


class ForgetfulRegistry:
    """Files what it is given, once a key, and loses the first answers."""

    def __init__(self, lost: int) -> None:
        self.lost = lost
        self.filed: dict[str, Filing] = {}
        self.asked = 0

    def file(self, filing: Filing) -> str:
        self.asked += 1
        assert self.filed.setdefault(filing.key, filing) == filing
        if self.lost:
            self.lost -= 1
            raise NoAnswer("registry")
        return f"N{list(self.filed).index(filing.key)}"


@pytest.fixture
def opened(kept_records: Path, tmp_path: Path) -> Iterator[Resources]:
    home = Path(shutil.copytree(kept_records, tmp_path / "home"))
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        with resources.records.writing() as connection:
            connection.execute(sa.update(head).values(day="2026-06-30"))
        yield resources


def recorded(resources: Resources, *, signed: bool, documents: object) -> None:
    """Record an application, and its contract where it is signed."""
    row = {**OFFER, "documents": json.dumps(documents), "state": "signed"}

    def work(moving: Moving) -> Reply:
        """Record them."""
        rows = [(applications, row), *([(contracts, SIGNED)] if signed else [])]
        moving.record("test", "application:A1", rows=rows)
        return Reply.of(200, {})

    ledger_of(resources).ask(Plain(Reads(), work))


def test_a_lost_answer_is_asked_for_again_and_filed_once(opened: Resources) -> None:
    registry = ForgetfulRegistry(lost=2)
    opened.once("registry", lambda: registry)
    recorded(opened, signed=True, documents=DOCUMENTS)
    for _ in range(2):
        with pytest.raises(NoAnswer, match="registry gave no answer"):
            ensure_filed(opened, "A1")
        assert repository.registration(opened.records, "A1") is None

    assert [ensure_filed(opened, "A1"), ensure_filed(opened, "A1")] == ["N0", "N0"]
    assert registry.asked == 3
    (filing,) = registry.filed.values()
    assert filing.documents == ("receivable:R1", "voucher:V1")
    assert (filing.firm, filing.amount_fen) == ("MILL", 50_000_000)


@pytest.mark.parametrize("documents", [DOCUMENTS, []])
def test_only_signed_contracts_on_documents_are_filed(
    opened: Resources, documents: list[object]
) -> None:
    recorded(opened, signed=not documents, documents=documents)
    assert ensure_filed(opened, "A1") is None
    assert ensure_filed(opened, "A2") is None
    assert repository.registration(opened.records, "A1") is None


def test_the_built_in_registry_gives_each_filing_its_number() -> None:
    filing = Filing("A1", "0" * 64, "MILL", ("receivable:R1",), 100)
    registry = BuiltInRegistry()
    other = registry.file(filing._replace(documents=("receivable:R2",)))

    assert registry.file(filing) == BuiltInRegistry().file(filing)
    assert registry.file(filing) != other
