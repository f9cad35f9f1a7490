"""Analyses on plain files, through the command: results, forms of files, refusals."""

import csv
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from app import cli
from graph.errors import InvalidInput, NotFound

ROOT = Path(__file__).parents[4]

LINKS = "2-1 2-3 3-7 6-7 7-4 7-11 8-11 9-5 9-10 10-7"
SECTORS = "1 2 1 3 4 2 4 1 2 3 5"
LINEAR = [0.1, 0.3, 0.2667, 0.35, 0.1, 0.1167, 0.7, 0.1, 0.3111, 0.2667, 0.45]
LEONTIEF = [0.1, 0.3667, 0.4, 0.35, 0.1, 0.15, 0.7, 0.1, 0.4, 0.4, 0.45]


class Bench:
    """A folder with the eleven firms, and the command run on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        firms = [f"0{n},0{s}" for n, s in enumerate(SECTORS.split(), start=1)]
        trades = [f"0{a},0{b},1" for a, b in (link.split("-") for link in LINKS.split())]
        self.write("firms.csv", "firm,sector", *firms)
        self.write("trades.csv", "supplier,buyer,amount", *trades)

    def write(self, name: str, *lines: str) -> Path:
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def run(self, name: str, *arguments: str, **files: str) -> Any:
        given = [name]
        for option, file in files.items():
            given += [f"--{option.replace('_', '-')}", str(self.folder / file)]
        settings = {"DEEPTIER_HOME": str(self.folder / "var"), "DEEPTIER_THREADS": "2"}
        return CliRunner().invoke(cli.app, ["analyse", *given, *arguments], env=settings)

    def esri(self, *arguments: str, **files: str) -> list[dict[str, str]]:
        given = {"firms": "firms.csv", "trades": "trades.csv", "out": "out.csv"} | files
        said = self.run("esri", *arguments, **given)
        assert said.exit_code == 0, (said.output, said.exception)
        return self.rows(given["out"])

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.folder / name).open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def refused(self, name: str = "esri", *arguments: str, **files: str) -> str:
        given = {"firms": "firms.csv", "out": "out.csv"} | files
        if name in ("esri", "diffusion"):
            given = {"trades": "trades.csv"} | given
        said = self.run(name, *arguments, **given)
        assert said.exit_code == 1
        assert isinstance(said.exception, InvalidInput | NotFound)
        assert not (self.folder / "out.csv").exists()
        return str(said.exception)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def figures(rows: list[dict[str, str]], column: str) -> list[float]:
    return [float(row[column]) for row in rows]


# --- esri -----------------------------------------------------------------------------------


def test_every_firm_alone_has_the_published_index_in_the_order_of_firms(bench: Bench) -> None:
    rows = bench.esri()

    assert list(rows[0]) == ["firm", "esri", "esri_downstream", "esri_upstream", "rounds"]
    assert [row["firm"] for row in rows] == [f"0{n}" for n in range(1, 12)]
    assert [round(value, 4) for value in figures(rows, "esri")] == LINEAR
    assert [row["rounds"] for row in rows] == list("24342332434")


def test_figures_have_seventeen_digits_and_parquet_holds_the_same(bench: Bench) -> None:
    rows = bench.esri()
    bench.run("esri", firms="firms.csv", trades="trades.csv", out="out.parquet")

    assert rows[0]["esri"] == "0.10000000000000001"
    stored = pq.read_table(bench.folder / "out.parquet")
    assert stored["esri"].to_pylist() == figures(rows, "esri")
    assert stored["firm"].to_pylist() == [row["firm"] for row in rows]


def test_inputs_are_essential_where_the_file_says_so_and_not_needed_where_it_is_silent(
    bench: Bench,
) -> None:
    pairs = [f"0{k},0{m},2" for k in range(1, 6) for m in range(1, 6)]
    bench.write("all.csv", "supplier_sector,buyer_sector,class", *pairs, "99,01,2")
    bench.write("none.csv", "supplier_sector,buyer_sector,class")

    every = bench.esri(essential="all.csv")
    none = bench.esri(essential="none.csv")

    assert [round(value, 4) for value in figures(every, "esri")] == LEONTIEF
    assert set(figures(none, "esri_downstream")) == {0.0, 0.1, 0.2}
    assert figures(none, "esri_upstream") == figures(every, "esri_upstream")


def test_closing_some_gives_their_rows_alone(bench: Bench) -> None:
    rows = bench.esri("--close", "07", "02")

    assert [row["firm"] for row in rows] == ["02", "07"]
    assert [round(value, 4) for value in figures(rows, "esri")] == [0.3, 0.7]


def test_shocks_come_out_by_scenario_and_upstream_follows_downstream(bench: Bench) -> None:
    bench.write(
        "shocks.csv",
        "scenario,firm,loss_downstream,loss_upstream",
        "both,02,1,1",
        "half,02,0.5,",
        "both,07,1,1",
        "down,02,1,0",
    )

    rows = bench.esri(shocks="shocks.csv", losses="losses.csv")

    assert list(rows[0]) == ["scenario", "esri", "esri_downstream", "esri_upstream", "rounds"]
    assert [row["scenario"] for row in rows] == ["both", "half", "down"]
    assert figures(rows, "esri_upstream")[2] == 0
    losses = bench.rows("losses.csv")
    assert list(losses[0]) == ["scenario", "firm", "loss_downstream", "loss_upstream"]
    first = {row["firm"]: row for row in losses if row["scenario"] == "half"}
    assert first["02"] == {
        "scenario": "half",
        "firm": "02",
        "loss_downstream": "0.5",
        "loss_upstream": "0.5",
    }
    # Firm 2 makes two of the five that its sector sells: half of what is left.
    assert first["03"]["loss_downstream"] == "0.25"


def test_without_replaceability_losses_are_larger(bench: Bench) -> None:
    alone = bench.esri("--no-replaceability")

    assert [round(v, 4) for v in figures(alone, "esri")][1] == 0.3667


def test_a_market_other_than_the_sector_says_who_stands_in(bench: Bench) -> None:
    firms = [f"0{n},0{s},m{n}" for n, s in enumerate(SECTORS.split(), start=1)]
    bench.write("markets.csv", "firm,sector,market", *firms)

    alone, nobody = bench.esri(firms="markets.csv"), bench.esri("--no-replaceability")

    assert [row["rounds"] for row in alone] == [row["rounds"] for row in nobody]
    for one, other in zip(alone, nobody, strict=True):
        assert float(one["esri"]) == pytest.approx(float(other["esri"]), rel=1e-14)


def test_stated_revenue_cost_and_weight_count(bench: Bench) -> None:
    firms = [f"0{n},0{s},10,10,1" for n, s in enumerate(SECTORS.split(), start=1)]
    bench.write("stated.csv", "firm,sector,revenue_yuan,cost_yuan,weight", *firms)

    rows = bench.esri("--method", "rounds", "--close", "02", firms="stated.csv", losses="l.csv")

    # A tenth of what firm 3 spends goes to firm 2, two thirds of which nobody else can make.
    lost = {row["firm"]: row for row in bench.rows("l.csv")}
    assert float(lost["03"]["loss_downstream"]) == pytest.approx(0.1 * 2 / 3)
    assert float(rows[0]["esri_upstream"]) == pytest.approx(1 / 11)


def test_what_is_stated_below_the_trades_inside_does_not_count(bench: Bench) -> None:
    sectors = SECTORS.split()
    silent = [f"0{n},0{s},," for n, s in enumerate(sectors, start=1)]
    low = [f"0{n},0{s},0.5,0.25" for n, s in enumerate(sectors, start=1)]
    bench.write("silent.csv", "firm,sector,revenue,cost", *silent)
    bench.write("low.csv", "firm,sector,revenue,cost", *low)

    bench.esri("--method", "rounds", firms="silent.csv", out="silent_out.csv")
    said = bench.run(
        *("esri", "--method", "rounds"), firms="low.csv", trades="trades.csv", out="low_out.csv"
    )

    assert bench.rows("low_out.csv") == bench.rows("silent_out.csv")
    assert "state a revenue below what they trade inside: their trades count" in said.stderr
    assert "state a cost below what they trade inside: their trades count" in said.stderr


def test_the_number_of_threads_changes_no_byte(bench: Bench) -> None:
    bench.esri("--threads", "1", out="one.csv", losses="l1.csv")
    bench.esri("--threads", "3", out="three.csv", losses="l3.csv")

    for one, other in (("one.csv", "three.csv"), ("l1.csv", "l3.csv")):
        assert (bench.folder / one).read_bytes() == (bench.folder / other).read_bytes()


def test_facts_are_one_json_document(bench: Bench) -> None:
    said = bench.run("esri", "--json", firms="firms.csv", trades="trades.csv")

    facts = json.loads(said.stdout)
    assert (facts["firms"], facts["trades"], facts["scenarios"]) == (11, 10, 11)
    assert (facts["method"], facts["tolerance"], facts["max"]) == ("rounds", 0.01, 0.7)


def test_without_out_the_table_goes_to_standard_output(bench: Bench) -> None:
    said = bench.run("esri", "--close", "07", firms="firms.csv", trades="trades.csv")

    assert said.stdout.splitlines()[1].startswith("07,0.6")


def test_single_precision_says_its_error(bench: Bench) -> None:
    said = bench.run(
        "esri", "--json", "--precision", "single", firms="firms.csv", trades="trades.csv"
    )

    assert json.loads(said.stdout)["relative_error_max"] == 2e-6


def test_the_fixed_point_is_the_default_where_revenue_is_given(bench: Bench) -> None:
    firms = [f"0{n},0{s},9,9" for n, s in enumerate(SECTORS.split(), start=1)]
    bench.write("stated.csv", "firm,sector,revenue,cost", *firms)

    rows = bench.esri(firms="stated.csv", losses="l.csv")
    settled = bench.esri("--method", "rounds", "--tolerance", "1e-13", firms="stated.csv")

    assert list(rows[0])[-4:] == ["rounds", "lower", "upper", "exact"]
    for row, end in zip(rows, settled, strict=True):
        value = float(end["esri"])
        assert float(row["lower"]) <= value + 1e-12
        assert float(row["upper"]) >= value - 1e-12
        assert row["exact"] in {"true", "false"}
    assert {row["scenario"] for row in bench.rows("l.csv")} == {row["firm"] for row in rows}


@pytest.mark.slow
def test_a_bracket_no_wider_than_asked(bench: Bench) -> None:
    firms = [f"0{n},0{s},9,9" for n, s in enumerate(SECTORS.split(), start=1)]
    bench.write("stated.csv", "firm,sector,revenue,cost", *firms)

    said = bench.run(
        "esri", "--json", "--tolerance", "1e-6", firms="stated.csv", trades="trades.csv"
    )

    facts = json.loads(said.stdout)
    assert (facts["method"], facts["width_asked"]) == ("fixed-point", 1e-6)
    assert facts["width_max"] <= 1e-6


def test_the_fixed_point_of_a_closed_economy_is_refused_with_the_number(bench: Bench) -> None:
    bench.write("ring.csv", "supplier,buyer,amount", "01,02,1", "02,01,1")

    said = bench.refused("esri", "--method", "fixed-point", firms="firms.csv", trades="ring.csv")

    assert "spectral radius of the upstream shares is 1, not below 1" in said
    said = bench.refused("esri", "--method", "fixed-point", "--precision", "single")
    assert "--precision double" in said


def test_dead_markets_by_the_unit_where_asked(bench: Bench) -> None:
    bench.write("two.csv", "firm,sector", "a,s", "b,t")
    bench.write("quarter.csv", "supplier,buyer,amount", "a,b,.25")

    rows = bench.esri(
        "--dead-sector",
        "unit",
        "--close",
        "a",
        firms="two.csv",
        trades="quarter.csv",
        losses="l.csv",
    )

    assert figures(rows, "esri_downstream") == [1]
    assert [row["loss_downstream"] for row in bench.rows("l.csv")] == ["1", "0.25"]


def test_losses_go_to_any_form_of_file_also_where_nobody_loses(bench: Bench) -> None:
    bench.write("shocks.csv", "scenario,firm,loss_downstream", "none,02,0", "all,02,1")
    bench.write("calm.csv", "scenario,firm,loss_downstream", "none,02,0")

    for ending in ("csv", "csv.gz", "parquet"):
        bench.esri(shocks="shocks.csv", losses=f"losses.{ending}")
    bench.esri(shocks="calm.csv", losses="calm.parquet")

    with gzip.open(bench.folder / "losses.csv.gz", "rt", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == bench.rows("losses.csv")
    stored = pq.read_table(bench.folder / "losses.parquet")
    assert stored["firm"].to_pylist() == [row["firm"] for row in bench.rows("losses.csv")]
    assert set(stored["scenario"].to_pylist()) == {"all"}
    assert pq.read_table(bench.folder / "calm.parquet").num_rows == 0


# --- forms of files -------------------------------------------------------------------------


def test_every_form_of_file_gives_the_same(bench: Bench) -> None:
    plain = bench.esri()
    text = (bench.folder / "trades.csv").read_text(encoding="utf-8")
    (bench.folder / "mark.csv").write_text("\ufeff" + text.replace("\n", "\r\n"), encoding="utf-8")
    with gzip.open(bench.folder / "packed.csv.gz", "wt", encoding="utf-8") as file:
        file.write(text)
    frame = pl.read_csv(io.StringIO(text), infer_schema=False).with_columns(
        pl.col("amount").cast(pl.Float64)
    )
    frame.write_parquet(bench.folder / "columns.parquet")

    for name in ("mark.csv", "packed.csv.gz", "columns.parquet"):
        assert bench.esri(trades=name) == plain, name


def test_chinese_codes_in_gb18030_are_codes(bench: Bench) -> None:
    for name, lines in (
        ("f.csv", ["firm,sector", "华信,制造", "东方,批发"]),
        ("t.csv", ["supplier,buyer,amount", "华信,东方,5"]),
    ):
        (bench.folder / name).write_bytes("\n".join(lines).encode("gb18030"))

    rows = bench.esri(firms="f.csv", trades="t.csv")

    assert [row["firm"] for row in rows] == ["华信", "东方"]


def test_a_column_that_is_not_used_is_named_once(bench: Bench) -> None:
    bench.write("wide.csv", "supplier,buyer,amount,colour", "02,01,1,red", "02,03,1,blue")

    said = bench.run("esri", firms="firms.csv", trades="wide.csv", out="out.csv")

    assert said.stderr.count("not used: colour") == 1


# --- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["supplier,buyer,amount", "02,01,1", "02,77,1"], "line 3, column buyer: '77' is no firm"),
        (["supplier,buyer,amount", "02,01,-1"], "line 2, column amount: '-1' is no amount"),
        (["supplier,buyer,amount", "02,01,"], "line 2, column amount: is empty"),
        (["supplier,buyer,amount", "02,01,many"], "line 2, column amount: 'many' is no amount"),
        (["supplier,buyer,amount", "02,01,1e999"], "line 2, column amount: '1e999' is no amount"),
        (["supplier,buyer,amount", "02,01,nan"], "line 2, column amount: 'nan' is no amount"),
        (["supplier,buyer,amount", ",01,1"], "line 2, column supplier: is empty"),
        (["supplier,buyer,amount", "02,01,1,1"], "line 2: 4 cells where the header has 3"),
        (["supplier,buyer", "02,01"], "line 1: there is no column 'amount'"),
        (["supplier,buyer,amount_fen,amount_yuan"], "both 'amount_fen' and 'amount_yuan'"),
    ],
)
def test_a_wrong_cell_of_the_trades_is_refused_by_its_place(
    bench: Bench, lines: list[str], words: str
) -> None:
    bench.write("bad.csv", *lines)

    assert f"bad.csv, {words}" in bench.refused(trades="bad.csv") or words in bench.refused(
        trades="bad.csv"
    )


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            ["firm,sector", "01,1", "02,1", "01,1"],
            "bad.csv, line 4, column firm: '01' stands twice",
        ),
        (["firm", "01"], "bad.csv, line 1: there is no column 'sector'"),
        (["firm,sector"], "bad.csv: the file names no firm"),
        (["firm,sector,weight", "01,1,"], "bad.csv, line 2, column weight: is empty"),
        (["firm,sector,cost", "01,1,-3"], "bad.csv, line 2, column cost: '-3' is no amount"),
    ],
)
def test_a_wrong_cell_of_the_firms_is_refused_by_its_place(
    bench: Bench, lines: list[str], words: str
) -> None:
    bench.write("bad.csv", *lines)

    assert words in bench.refused(firms="bad.csv")


def test_an_empty_or_absent_file_is_refused_by_its_name(bench: Bench) -> None:
    (bench.folder / "empty.csv").write_bytes(b"")

    assert "empty.csv: the file is empty" in bench.refused(trades="empty.csv")
    assert "nowhere.csv: no such file" in bench.refused(trades="nowhere.csv")
    assert "out.txt: a result ends in" in bench.refused(out="out.txt")
    assert "there is no such folder" in bench.refused(out="nowhere/out.csv")


def test_a_wrong_class_or_shock_is_refused_by_its_place(bench: Bench) -> None:
    bench.write("bad.csv", "supplier_sector,buyer_sector,class", "01,02,3")
    bench.write("twice.csv", "supplier_sector,buyer_sector,class", "01,02,1", "01,02,2")
    bench.write("shock.csv", "scenario,firm,loss_downstream", "s,02,1.5")
    bench.write("again.csv", "scenario,firm,loss_downstream", "s,02,1", "t,02,1", "s,02,1")
    bench.write("nobody.csv", "scenario,firm,loss_downstream")

    assert "bad.csv, line 2, column class: '3' is none" in bench.refused(essential="bad.csv")
    assert "twice.csv, line 3" in bench.refused(essential="twice.csv")
    assert "shock.csv, line 2, column loss_downstream: '1.5'" in bench.refused(shocks="shock.csv")
    assert "again.csv, line 4, column firm: '02'" in bench.refused(shocks="again.csv")
    assert "names no scenario" in bench.refused(shocks="nobody.csv")


def test_a_revenue_of_nought_that_sells_is_refused_by_its_place(bench: Bench) -> None:
    bench.write("zero.csv", "firm,sector,revenue", "01,1,", "02,1,0", "03,1,9")
    bench.write("few.csv", "supplier,buyer,amount", "02,01,1")

    said = bench.refused("esri", "--method", "rounds", firms="zero.csv", trades="few.csv")

    assert "zero.csv, line 3, column revenue: '0.0'" in said


def test_a_firm_to_close_that_is_not_there_is_refused_in_words(bench: Bench) -> None:
    assert "no such firm" in bench.refused("esri", "--close", "77")


def test_wrong_usage_ends_with_two(bench: Bench) -> None:
    bench.write("shocks.csv", "scenario,firm,loss_downstream", "s,02,1")
    files = {"firms": "firms.csv", "trades": "trades.csv"}

    for arguments in (["--dead-sector", "two"], ["--method", "guess"], ["--precision", "half"]):
        assert bench.run("esri", *arguments, **files).exit_code == 2
    assert bench.run("esri", "--close", "02", shocks="shocks.csv", **files).exit_code == 2
    assert bench.run("esri", firms="firms.csv").exit_code == 2


def test_wrong_rows_are_set_aside_where_that_is_asked_for(bench: Bench) -> None:
    text = (bench.folder / "trades.csv").read_text(encoding="utf-8").splitlines()
    bench.write("some.csv", text[0], "02,77,1", *text[1:], "02,01,-5", "02,01,1,1", "02,01,x")

    rows = bench.esri(trades="some.csv", set_aside="aside.csv")

    assert rows == bench.esri()
    aside = bench.rows("aside.csv")
    assert list(aside[0]) == ["file", "line", "column", "value", "reason"]
    assert [(row["line"], row["column"], row["value"]) for row in aside] == [
        ("2", "buyer", "77"),
        ("13", "amount", "-5"),
        ("14", "", ""),
        ("15", "amount", "x"),
    ]


# --- the others -----------------------------------------------------------------------------


def test_debtrank_of_every_firm_and_of_shocks(bench: Bench) -> None:
    bench.write("banks.csv", "firm,equity", "a,10", "b,20", "c,5")
    bench.write("claims.csv", "creditor,debtor,amount", "b,a,6", "b,a,4", "c,b,2")
    bench.write("shocks.csv", "scenario,firm,loss", "s,a,0.5", "t,b,1", "s,c,1")
    files = {"firms": "banks.csv", "claims": "claims.csv"}

    alone = bench.run("debtrank", out="alone.csv", **files)
    shocked = bench.run(
        "debtrank", "--json", out="s.csv", losses="l.csv", shocks="shocks.csv", **files
    )

    assert (alone.exit_code, shocked.exit_code) == (0, 0)
    rows = bench.rows("alone.csv")
    assert list(rows[0]) == ["firm", "debtrank", "debtrank_total"]
    # a fells half of b (10 of 20), which fells a fifth of c (2 of 5 by half).
    assert figures(rows, "debtrank") == pytest.approx([(0.5 * 20 + 0.2 * 5) / 35, 0.4 * 5 / 35, 0])
    assert figures(rows, "debtrank_total")[0] == pytest.approx((10 + 10 + 1) / 35)
    assert [row["scenario"] for row in bench.rows("s.csv")] == ["s", "t"]
    assert bench.rows("l.csv")[0] == {"scenario": "s", "firm": "a", "loss": "0.5"}
    assert json.loads(shocked.stdout)["scenarios"] == 2


def test_claims_on_oneself_are_refused(bench: Bench) -> None:
    bench.write("banks.csv", "firm,equity,external_assets,external_liabilities", "a,10,1,1")
    bench.write("self.csv", "creditor,debtor,amount", "a,a,6")

    for name in ("debtrank", "clearing"):
        said = bench.refused(name, firms="banks.csv", claims="self.csv")
        assert "self.csv, line 2, column debtor: 'a' is its own creditor" in said


def test_clearing_of_three_banks_and_of_shocks(bench: Bench) -> None:
    bench.write(
        "banks.csv",
        "firm,external_assets,external_liabilities",
        "a,0.5,1.5",
        "b,0.625,0.5",
        "c,0.75,0.5",
    )
    pairs = [f"{x},{y},0.5" for x in "abc" for y in "abc" if x != y]
    bench.write("claims.csv", "creditor,debtor,amount", *pairs)
    bench.write("shocks.csv", "scenario,firm,loss", "all,c,0.75", "none,a,0")
    files = {"firms": "banks.csv", "claims": "claims.csv"}

    assert bench.run("clearing", out="base.csv", **files).exit_code == 0
    assert bench.run("clearing", out="shocked.csv", shocks="shocks.csv", **files).exit_code == 0

    rows = bench.rows("base.csv")
    assert list(rows[0]) == ["scenario", "firm", "liability", "payment", "defaulted", "round"]
    assert figures(rows, "payment") == pytest.approx([1.473214, 1.419643, 1.5], abs=5e-7)
    assert [(r["scenario"], r["defaulted"], r["round"]) for r in rows] == [
        ("base", "true", "1"),
        ("base", "true", "2"),
        ("base", "false", "0"),
    ]
    shocked = bench.rows("shocked.csv")
    assert [(r["scenario"], r["firm"]) for r in shocked[::3]] == [("all", "a"), ("none", "a")]
    assert figures(shocked[3:], "payment") == figures(rows, "payment")
    assert float(shocked[2]["payment"]) < 1.5


def test_diffusion_of_every_source(bench: Bench) -> None:
    bench.write("sources.csv", "source,firm,amount", "p,011,3", "q,04,2", "q,011,2")

    said = bench.run(
        "diffusion",
        "--damping",
        "0.5",
        firms="firms.csv",
        trades="trades.csv",
        sources="sources.csv",
        out="out.csv",
    )

    assert said.exit_code == 0, said.exception
    rows = bench.rows("out.csv")
    assert [row["source"] for row in rows] == ["p"] * 11 + ["q"] * 11
    first = {row["firm"]: float(row["share"]) for row in rows[:11]}
    # 11 buys of 7 and 8 alike, 7 of 3, 6 and 10 alike.
    assert (first["011"], first["07"], first["08"]) == (0.5, 0.125, 0.125)
    assert first["03"] == pytest.approx(0.125 / 2 / 3)


def test_a_tolerance_below_rounding_is_noted_with_what_was_reached(bench: Bench) -> None:
    bench.write("sources.csv", "source,firm,amount", "p,011,3")
    files = {"firms": "firms.csv", "trades": "trades.csv"}

    for tolerance in ("1e-16", "0"):
        asked = ("diffusion", "--tolerance", tolerance)
        said = bench.run(*asked, **files, sources="sources.csv", out="out.csv")
        assert said.exit_code == 0, said.exception
        assert f"tolerance {tolerance} is below what floats can reach at damping" in said.stderr


def test_a_source_that_weighs_nothing_is_refused(bench: Bench) -> None:
    bench.write("sources.csv", "source,firm,amount", "p,011,0")

    assert "column amount: '0.0' the source weighs nothing" in bench.refused(
        "diffusion", sources="sources.csv"
    )


def test_credit_is_passed_down_the_tiers_and_never_above_a_claim(bench: Bench) -> None:
    bench.write("three.csv", "firm", "core", "one", "two", "three")
    bench.write(
        "claims.csv", "creditor,debtor,amount", "one,core,60", "two,core,20", "three,one,5.5"
    )
    bench.write("sources.csv", "source,amount", "core,80")

    said = bench.run(
        "credit", firms="three.csv", claims="claims.csv", sources="sources.csv", out="out.csv"
    )

    assert said.exit_code == 0, said.exception
    rows = [(r["source"], r["tier"], r["firm"], float(r["amount"])) for r in bench.rows("out.csv")]
    assert rows == [
        ("core", "1", "one", 48.0),
        ("core", "1", "two", 16.0),
        ("core", "2", "three", 5.5),
    ]


def test_credit_in_fen_comes_back_in_whole_fen(bench: Bench) -> None:
    bench.write("three.csv", "firm", "core", "one", "two")
    bench.write("claims.csv", "creditor,debtor,amount_fen", "one,core,61", "two,one,33")
    bench.write("sources.csv", "source,amount_fen", "core,61")
    files = {"firms": "three.csv", "claims": "claims.csv"}

    said = bench.run("credit", sources="sources.csv", out="fen.csv", **files)

    # 0.8 of 61 is cut to a whole fen; of 0.8 of those 48 no more than 33 is owed on.
    assert said.exit_code == 0, said.exception
    assert [row["amount"] for row in bench.rows("fen.csv")] == ["48", "33"]
    bench.write("half.csv", "source,amount_fen", "core,61.5")
    refused = bench.refused("credit", sources="half.csv", **files)
    assert "half.csv, line 2, column amount: '61.5' is no whole fen" in refused
    bench.write("yuan.csv", "source,amount_yuan", "core,61")
    assert "amounts are in two units: claims.csv, column amount_fen" in bench.refused(
        "credit", sources="yuan.csv", **files
    )


def test_credit_options_out_of_range_are_refused(bench: Bench) -> None:
    bench.write("claims.csv", "creditor,debtor,amount", "01,02,60")
    bench.write("sources.csv", "source,amount", "02,80")
    files = {"claims": "claims.csv", "sources": "sources.csv"}

    assert "haircut" in bench.refused("credit", "--haircut", "2", **files)
    assert "tiers" in bench.refused("credit", "--tiers", "-1", **files)


def test_the_command_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.write("bad.csv", "supplier,buyer,amount", "02,01,x")

    said = subprocess.run(
        [
            sys.executable,
            "-m",
            "app.cli",
            "analyse",
            "esri",
            "--firms",
            str(tmp_path / "firms.csv"),
            "--trades",
            str(tmp_path / "bad.csv"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 1
    assert said.stdout == ""
    assert said.stderr == "error: bad.csv, line 2, column amount: 'x' is no amount from 0 up\n"


@pytest.mark.slow
def test_debtrank_is_bracketed_where_that_is_asked_for(bench: Bench) -> None:
    bench.write("banks.csv", "firm,equity", "A,10", "B,20", "C,5")
    bench.write("claims.csv", "creditor,debtor,amount", "B,A,10", "C,B,4")
    files = {"firms": "banks.csv", "claims": "claims.csv", "out": "out.csv"}

    assert bench.run("debtrank", **files).exit_code == 0
    exact = figures(bench.rows("out.csv"), "debtrank_total")
    assert bench.run("debtrank", "--method", "bracket", "--width", "1e-6", **files).exit_code == 0
    rows = bench.rows("out.csv")

    assert list(rows[0]) == ["firm", "debtrank", "debtrank_total", "lower", "upper", "exact"]
    assert figures(rows, "upper") == pytest.approx(exact, rel=1e-5)
    (bench.folder / "out.csv").unlink()
    assert "linear only" in bench.refused(
        "debtrank",
        "--method",
        "bracket",
        "--kind",
        "nonlinear",
        firms="banks.csv",
        claims="claims.csv",
    )


# --- fsri -----------------------------------------------------------------------------------


def banks(bench: Bench) -> dict[str, str]:
    """Write the eleven firms with books, two banks and three loans."""
    firms = [f"0{n},0{s},9,,3,2" for n, s in enumerate(SECTORS.split(), start=1)]
    bench.write("books.csv", "firm,sector,revenue,cost,equity,liquidity", *firms)
    bench.write("banks.csv", "bank,equity", "A,40", "B,60")
    bench.write("loans.csv", "bank,firm,amount", "A,03,10", "B,03,5", "B,010,90")
    bench.write("between.csv", "creditor,debtor,amount", "A,B,20")
    names = {"firms": "books.csv", "trades": "trades.csv", "banks": "banks.csv"}
    return names | {"loans": "loans.csv", "out": "out.csv", "losses": "lost.csv"}


def test_banks_lose_what_the_defaults_of_their_borrowers_cost(bench: Bench) -> None:
    files = banks(bench)

    asked = ["--close", "02", "--lgd", "0.5", "--no-replaceability"]
    said = bench.run("fsri", *asked, interbank="between.csv", **files)

    assert said.exit_code == 0, said.exception
    (row,) = bench.rows("out.csv")
    # Firm 03 loses all its profit of 8: above its liquidity of 2. Firm 010 sells to 07, unharmed.
    assert (row["firm"], row["defaults"]) == ("02", "1")
    assert float(row["fsri"]) == pytest.approx((5 + 2.5) / 100)
    assert float(row["fsri_interbank"]) > float(row["fsri"])
    lost = {each["bank"]: float(each["loss"]) for each in bench.rows("lost.csv")}
    assert lost == {"A": 5.0, "B": 2.5}


def test_every_firm_is_closed_alone_unless_some_are_named(bench: Bench) -> None:
    files = banks(bench)

    assert bench.run("fsri", "--default", "insolvent", **files).exit_code == 0

    assert len(bench.rows("out.csv")) == 11
    assert list(bench.rows("out.csv")[0]) == ["firm", "fsri", "loss", "defaults"]


def test_banks_and_loans_that_do_not_fit_are_refused_by_their_place(bench: Bench) -> None:
    files = banks(bench)
    bench.write("poor.csv", "bank,firm,amount", "C,03,10")
    bench.write("twice.csv", "bank,equity", "A,1", "A,2")
    files.pop("firms")

    assert "poor.csv, line 2, column bank: 'C'" in bench.refused(
        "fsri", **files | {"firms": "books.csv", "loans": "poor.csv"}
    )
    assert "twice.csv, line 3, column bank: 'A'" in bench.refused(
        "fsri", **files | {"firms": "books.csv", "banks": "twice.csv"}
    )
    assert "firms.csv, line 1: there is no column 'equity'" in bench.refused("fsri", **files)
