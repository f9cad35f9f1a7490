"""Laws of imports on rows drawn at random: one import or two, in whatever order, once or again."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from graph.model import TABLES
from graph.stores import open_store
from ingestion.resolve.codes import check_letter
from tests.ingestion.conftest import House

ONE, TWO, THREE = (
    body + check_letter(body)
    for body in ("91350100M000100Y4", "91350100M000200X4", "91350100M000300X4")
)
# Sellers and buyers never turn out to be one firm: what is set aside as such stays so.
FILLERS = ("", "000000000000000000", "123456789012345678")
SELLERS = ("云栖机械有限公司", "云栖机械有限责任公司", "云栖机械厂")
BUYERS = ("浙江省杭州市东湖厂", "杭州东湖厂", "东湖厂一分厂")
OF_SELLERS, OF_BUYERS = (*FILLERS, ONE, THREE), (*FILLERS, TWO)
HEADS = {
    "firms": "firm,name,uscc",
    "invoices": "number,issued_on,seller_code,seller,buyer,amount_yuan,goods",
    "receivables": "number,seller,buyer_code,buyer,amount_yuan,issued_on,due_on",
}
# Rows that can be used whatever else is drawn: a file without any is refused.
ALWAYS = {
    "firms": ["Z1,锚甲厂,", "Z2,锚乙厂,"],
    "invoices": ["A1,2026-01-05,,Z1,锚丙厂,1,", "A2,2026-01-05,,锚丙厂,锚甲厂,1,"],
    "receivables": [
        "A1,Z1,,锚丙厂,1,2026-01-05,2026-06-05",
        "A2,锚丙厂,,锚甲厂,1,2026-01-05,2026-06-05",
    ],
}
PARTY_OF_SALE = st.tuples(st.sampled_from(SELLERS), st.sampled_from(OF_SELLERS))
PARTY_OF_PURCHASE = st.tuples(st.sampled_from(BUYERS), st.sampled_from(OF_BUYERS))
FIRMS = st.lists(st.one_of(PARTY_OF_SALE, PARTY_OF_PURCHASE), min_size=2, max_size=4)
INVOICES = st.lists(
    st.tuples(PARTY_OF_SALE, PARTY_OF_PURCHASE, st.integers(1, 99)), min_size=2, max_size=6
)


def rows_of(firms: Sequence[Any], invoices: Sequence[Any]) -> dict[str, list[str]]:
    """Return the rows of each table; each has a key of its own."""
    return {
        "firms": [f"F{at},{name},{code}" for at, (name, code) in enumerate(firms)],
        "invoices": [
            f"{at},2026-01-05,{code},{seller},{buyer},{yuan},"
            for at, ((seller, code), (buyer, _), yuan) in enumerate(invoices)
        ],
        "receivables": [
            f"{at},{seller},{code},{buyer},{yuan},2026-01-05,2026-06-05"
            for at, ((seller, _), (buyer, code), yuan) in enumerate(invoices)
        ],
    }


@contextmanager
def house() -> Iterator[House]:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("home", "inbox"):
            (Path(folder) / name).mkdir()
        home = Path(folder) / "home"
        with open_store(f"sqlite:///{home}/graph.db") as store:
            yield House(home, Path(folder) / "inbox", store)


def files(at: House, rows: dict[str, list[str]], end: str) -> list[Path]:
    return [
        at.write(f"{table}_{end}.csv", "\n".join([HEADS[table], *of]) + "\n")
        for table, of in rows.items()
    ]


def published(at: House) -> dict[str, Any]:
    found: dict[str, Any] = {name: at.rows(name) for name in TABLES}
    for row in found["firms"]:
        # How a row that is a firm's trade with itself calls it is known once it was ever used.
        del row["aliases"]
    return found


@pytest.mark.slow
@given(FIRMS, INVOICES, st.data())
@settings(max_examples=6, deadline=None, phases=(Phase.generate,))
def test_one_import_says_what_two_say_and_a_second_time_nothing(
    firms: Sequence[Any], invoices: Sequence[Any], data: st.DataObject
) -> None:
    rows = rows_of(firms, invoices)
    cut = {table: data.draw(st.integers(0, len(of))) for table, of in rows.items()}
    cut["firms"] = max(cut["firms"], 1)
    first = {table: [*of[: cut[table]], *ALWAYS[table][:1]] for table, of in rows.items()}
    second = {table: [*of[cut[table] :], *ALWAYS[table][1:]] for table, of in rows.items()}

    with house() as one:
        paths = files(one, first, "a") + files(one, second, "b")
        one.take("files", *data.draw(st.permutations(paths)))
        wanted = published(one)
        manifests = sorted((one.home / "lake").rglob("*"))
        again = one.take("files", *data.draw(st.permutations(paths)))
        assert not again.published
        assert sorted((one.home / "lake").rglob("*")) == manifests
    with house() as two:
        for path in (files(two, first, "a"), files(two, second, "b")):
            two.take("files", *path)
        assert published(two) == wanted
    with house() as turned:
        listed = {"firms": first["firms"] + second["firms"]}
        for path in (
            files(turned, listed, "a"),
            files(turned, second, "b"),
            files(turned, first, "c"),
        ):
            turned.take("files", *path)
        assert published(turned) == wanted
