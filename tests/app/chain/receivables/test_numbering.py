"""Ids of documents whose number several share: whoever had it first keeps it."""

import random
from collections.abc import Iterator

import polars as pl
import pytest
import sqlalchemy as sa

from app.books.ledger.reading import one_account
from app.chain.receivables.files import of_version
from app.chain.receivables.numbering import NUMBERED, DocumentNumbers, numbers_of
from app.chain.runs.refreshing import refresh_version
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.records import Records
from tests.app.chain.publishing import publish, told
from tests.app.conftest import NOW

Party = tuple[str, str, str]


@pytest.fixture
def resources(settings: Settings) -> Iterator[Resources]:
    with open_resources(settings, now=lambda: NOW) as opened:
        yield opened


def ids(records: Records, *parties: Party, kind: str = "receivable") -> list[str]:
    documents = pl.DataFrame(parties, schema=NUMBERED, orient="row")
    return DocumentNumbers(records).ids_of(kind, documents).to_list()


def test_the_first_that_was_seen_has_the_number_for_good(resources: Resources) -> None:
    records = resources.records

    assert ids(records, ("1", "B", "X")) == ["1"]
    assert ids(records, ("1", "A", "X"), ("1", "B", "X")) == ["1~A~X", "1"]
    assert ids(records, ("1", "A", "X"), ("2", "A", "X")) == ["1~A~X", "2"]  # B's has gone.
    assert ids(records, ("1", "B", "X"), ("1", "B", "Y")) == ["1", "1~B~Y"]
    assert ids(records, ("1", "A", "X"), kind="voucher") == ["1"]


def test_no_version_gives_a_document_another_id(resources: Resources) -> None:
    draw, given = random.Random(7), {}
    for number in range(60):
        parties = [(n, s, "X") for n in "123" for s in "ABCD" if draw.random() < 0.4]
        draw.shuffle(parties)
        named = ids(resources.records, *parties)
        assert len(set(named)) == len(named), number
        for party, name in zip(parties, named, strict=True):
            assert given.setdefault(party, name) == name
    assert len(set(given.values())) == len(given) == 12


def test_files_of_versions_and_accounts_of_runs_name_a_document_alike(
    resources: Resources,
) -> None:
    late = {"status": "confirmed", "confirmed_on": NOW.date().replace(month=6)}
    publish(resources, [told("S1", "PART", "CORE1")])
    refresh_version(resources, None, progress=quietly)
    publish(resources, [told("S1", "MILL", "CORE1", **late), told("S1", "PART", "CORE1", **late)])
    refresh_version(resources, None, progress=quietly)

    rows = of_version(resources, resources.version()).rows.filter(number="S1")
    assert dict(rows.select("receivable", "creditor").iter_rows()) == {
        "S1": "PART",
        "S1~MILL~CORE1": "MILL",
    }
    assert owner(resources, "receivable:S1") == "PART"
    assert owner(resources, "receivable:S1~MILL~CORE1") == "MILL"

    publish(resources, [], gone=["S1/PART/CORE1"])
    refresh_version(resources, None, progress=quietly)
    (row,) = of_version(resources, resources.version()).rows.filter(number="S1").to_dicts()
    assert row["receivable"] == "S1~MILL~CORE1"


def owner(resources: Resources, account: str) -> str | None:
    """Return the firm whose an account is."""
    found = one_account(resources.records, account, NOW)
    return None if found is None else found.identity.firm


def test_many_numbers_are_kept_in_parts(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.chain.receivables.numbering.AT_ONCE", 2)
    parties = [(str(n), "A", "X") for n in range(5)]

    assert ids(resources.records, *parties) == [str(n) for n in range(5)]
    assert ids(resources.records, ("4", "B", "X")) == ["4~B~X"]


def test_a_pass_reads_the_numbers_of_its_documents_and_those_only_once(
    resources: Resources,
) -> None:
    """However many numbers the records keep of versions that have gone."""
    ids(resources.records, *[(f"old{n}", "A", "X") for n in range(300)])
    documents = pl.DataFrame(
        [(f"n{n}", "A", "X") for n in range(50)], schema=NUMBERED, orient="row"
    )
    ids(resources.records, *documents.iter_rows())
    rows, statements = [], []

    def told(_: object, __: object, statement: str, *more: object) -> None:
        """Keep what is asked of the table."""
        if "FROM document_numbers" in statement:
            statements.append(statement)

    numbers = numbers_of(resources)
    engine = resources.records.engine
    sa.event.listen(engine, "after_cursor_execute", told)
    for _ in range(3):
        rows.append(numbers.first_seen("receivable", documents).height)
        assert numbers.ids_of("receivable", documents).to_list() == documents["number"].to_list()
    sa.event.remove(engine, "after_cursor_execute", told)

    assert rows == [50, 50, 50]
    assert len(statements) == 1
    assert " IN (" in statements[0]


def test_what_is_held_of_numbers_is_bounded(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.chain.receivables.numbering.HELD_MAX", 4)
    numbers = numbers_of(resources)
    for start in range(0, 12, 3):
        parties = [(str(n), "A", "X") for n in range(start, start + 3)]
        documents = pl.DataFrame(parties, schema=NUMBERED, orient="row")
        assert numbers.ids_of("receivable", documents).to_list() == documents["number"].to_list()
        assert numbers._held["receivable"].height <= 4
