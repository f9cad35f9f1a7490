"""A voucher with all below it, written in parts: the same to the byte as made in one piece."""

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.chain.vouchers import branches, repository
from app.chain.vouchers.branches import written_tree
from app.chain.vouchers.shown import VoucherSight, nested
from app.chain.vouchers.tables import vouchers
from app.platform.auth.sight import EVERYTHING, Sight
from app.platform.documents import dumps
from app.platform.errors import Absent, TooLarge
from app.platform.records import Records, open_records
from tests.app.chain.vouchers.test_listing import Row, node

BANK = VoucherSight(EVERYTHING, 0)
COUNT = 1200


def grown(count: int) -> Iterator[Row]:
    """Yield the nodes of a tree: each a part of one that came before."""
    draw, depths = random.Random(5), list[int]()
    for at in range(count):
        above = draw.randrange(max(0, at - 40), at) if at else 0
        depths.append(depths[above] + 1 if at else 0)
        yield node(draw, at) | {
            "root": "V0",
            "issuer": "A",
            "parent": f"V{above}" if at else None,
            "depth": depths[-1],
        }


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    place: Path = tmp_path_factory.mktemp("branches") / "records.db"
    with open_records(f"sqlite:///{place}") as opened:
        with opened.writing() as connection:
            connection.execute(sa.insert(vouchers), list(grown(COUNT)))
        yield opened


def whole(records: Records, voucher: str, sight: VoucherSight) -> bytes:
    """Return a tree made in one piece."""
    with records.reading() as connection:
        row = repository.one(connection, voucher)
        assert row is not None
        below, _ = repository.below(connection, voucher, size=None)
    return dumps(nested(row, below, sight)).encode()


@pytest.mark.parametrize("voucher", ["V0", "V1", "V7", "V900", f"V{COUNT - 1}"])
@pytest.mark.parametrize("at_once", [1, 7, 500])
def test_a_tree_in_parts_is_the_tree_in_one_piece(
    records: Records, voucher: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branches, "NODES_AT_ONCE", at_once)
    for sight in (BANK, VoucherSight(Sight("firm", "A"), 2)):
        assert b"".join(written_tree(records, voucher, sight)) == whole(records, voucher, sight)


def test_a_tree_takes_no_memory_for_what_it_says(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branches, "NODES_AT_ONCE", 50)
    monkeypatch.setattr(branches, "KEPT_BYTES", 1000)

    def peak(read: object) -> int:
        """Return the most bytes that reading took beside what was there."""
        tracemalloc.start()
        for _ in read():  # type: ignore[operator]
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    b"".join(written_tree(records, "V0", BANK))  # What is made once is not counted.
    in_parts = peak(lambda: written_tree(records, "V0", BANK))

    assert in_parts * 2 < peak(lambda: [whole(records, "V0", BANK)])


def test_what_is_not_the_readers_or_too_large_is_refused(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Absent):
        written_tree(records, "V0", VoucherSight(Sight("firm", "nobody"), 2))
    monkeypatch.setattr(branches, "TREE_MAX", 100)
    with pytest.raises(TooLarge, match="at most 100 nodes"):
        written_tree(records, "V0", BANK)
