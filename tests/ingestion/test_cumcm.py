"""The real invoices against a count of the files that shares nothing with the readers."""

import csv
import datetime as dt
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from graph.stores import open_store
from ingestion.run import ImportJob, ingest

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "cumcm2020c"
NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the contest's files are not there")
SALE = "企业代号,发票号码,开票日期,购方单位代号,金额,税额,价税合计,发票状态\n"


class Count:
    """What the files hold, row by row, as a person with the csv module would count it."""

    def __init__(self) -> None:
        self.rows = self.void = self.repeated = self.firms = 0
        self.net: dict[tuple[str, str], int] = {}
        self.year: dict[tuple[str, str], int] = {}
        self.listed: set[str] = set()
        for path in sorted(DATA.glob("*企业信息.csv")):
            with path.open(encoding="utf-8", newline="") as stream:
                for row in csv.DictReader(stream):
                    self.rows += 1
                    self.listed.add(row["企业代号"])
        seen: set[tuple[str, ...]] = set()
        for sale, row in self._invoices():
            self.rows += 1
            if row["发票状态"].strip() == "作废发票":
                self.void += 1
                continue
            whole = (str(sale), *(cell.strip() for cell in row.values()))
            if whole in seen:
                self.repeated += 1
                continue
            seen.add(whole)
            self._add(sale, row)

    def _invoices(self) -> Iterator[tuple[bool, dict[str, str]]]:
        for path in sorted(DATA.glob("*发票信息.csv.gz")):
            with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
                for row in csv.DictReader(stream):
                    yield "销项" in path.name, row

    def _add(self, sale: bool, row: dict[str, str]) -> None:  # noqa: FBT001  # Which kind of file.
        own, other = row["企业代号"], row["购方单位代号" if sale else "销方单位代号"]
        pair = (own, other) if sale else (other, own)
        yuan, _, places = row["金额"].lstrip("-").partition(".")
        fen = int(yuan) * 100 + int(places.ljust(2, "0"))
        fen = -fen if row["金额"].startswith("-") else fen
        self.net[pair] = self.net.get(pair, 0) + fen
        year, month, day = (int(part) for part in row["开票日期"].split("/"))
        inside = dt.date(2018, 6, 30) < dt.date(year, month, day) <= dt.date(2019, 6, 30)
        self.year[pair] = self.year.get(pair, 0) + (fen if inside else 0)


@pytest.mark.slow
@needs_data
def test_every_row_pair_and_sum_agrees_with_an_independent_count(tmp_path: Path) -> None:
    count = Count()

    with open_store(f"sqlite:///{tmp_path}/graph.db") as store:
        outcome = ingest("cumcm", [DATA], job=ImportJob(store, tmp_path, NOW))
        trades = store.reader().columns("trades", ["supplier", "buyer", "amount_fen"]).to_pylist()

    said = outcome.document()
    assert said["rows"] == count.rows == 857_379
    assert said["set_aside"] == {"duplicate": count.repeated, "void": count.void}
    assert said["used"] == count.rows - count.repeated - count.void
    assert said["as_of"] == "2019-06-30"
    assert {(t["supplier"], t["buyer"]): t["amount_fen"] for t in trades} == count.year
    firms = count.listed | {firm for pair in count.net for firm in pair}
    assert said["firms"] == len(firms)
    assert sum(fen <= 0 for fen in count.net.values()) == 884


def test_a_counterparty_with_an_own_code_is_another_firm(house: "House") -> None:
    house.write(
        "附件1_企业信息.csv", "企业代号,企业名称,信誉评级,是否违约\nE1,***,A,否\nE2,***,D,是\n"
    )
    house.write(
        "附件1_销项发票信息.csv",
        SALE + "E1,007,2019/1/1,E2,10.5,1,11.5,有效发票\nE2,8,2019/1/2,B1,1.0,0.1,1.1, 作废发票\n",
    )

    outcome = house.take("cumcm")

    assert outcome.set_aside == {"void": 1}
    assert house.trades() == {("E1", "counterparty:E2"): 1050}
    assert [(r["firm"], r["rating"], r["listed"]) for r in house.rows("firms")] == [
        ("E1", None, True),
        ("E2", None, True),
        ("counterparty:E2", None, False),
    ]


def test_firms_that_share_a_masked_name_stay_apart(house: "House") -> None:
    house.write("附件1_企业信息.csv", "企业代号,企业名称\nE1,***有限公司\nE2,***有限公司\n")
    house.write("附件1_销项发票信息.csv", SALE + "E1,7,2019/1/1,B1,10.5,1,11.5,有效发票\n")

    house.take("cumcm")

    assert [row["firm"] for row in house.rows("firms")] == ["B1", "E1", "E2"]
