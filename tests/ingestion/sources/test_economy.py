"""The demo economy: the same bytes, the sizes asked for, and the truth really in the files."""

import datetime as dt
import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from app.cli import app
from graph.errors import InvalidInput
from ingestion.demo.economy import Made, Plan, make
from ingestion.demo.economy.books import year
from ingestion.demo.economy.flows import flows
from ingestion.demo.economy.invoices import invoices
from ingestion.demo.economy.names import code, parts
from ingestion.demo.economy.network import structure
from ingestion.demo.economy.sectors import sectors
from ingestion.demo.economy.tables import tables
from ingestion.demo.economy.world import world
from ingestion.forms import forms
from ingestion.resolve import codes as standard

TINY = Plan(cores=2, firms=30, months=3)
NOT_WRITTEN = {"flows", "registrations"}  # Tables that the demo economy does without.
SMALL = Plan(cores=12, firms=900, months=14, seed=3)


def silent(step: str) -> None:
    del step


def read(folder: Path, name: str) -> pl.DataFrame:
    """Read a file as the sources would, Chinese headers as they are."""
    path = folder / name
    if name.endswith(".parquet"):
        return pl.read_parquet(path)
    if name.endswith(".xlsx"):
        return pl.from_pandas(pd.read_excel(path, engine="calamine"))
    raw = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
    encoding = "gb18030" if name.startswith(("orders", "guarantees")) else "utf-8"
    return pl.read_csv(io.StringIO(raw.decode(encoding)), infer_schema_length=0)


def fen(column: pl.Series) -> np.ndarray:
    return np.array([round(float(value) * 100) for value in column], dtype=np.int64)


@dataclass(frozen=True)
class Economy:
    made: Made
    tables: Mapping[str, pl.DataFrame]
    truth: Mapping[str, pl.DataFrame]
    manifest: Mapping[str, object]


@pytest.fixture(scope="module")
def economy(tmp_path_factory: pytest.TempPathFactory) -> Economy:
    folder = tmp_path_factory.mktemp("economy")
    made = make(folder, SMALL, progress=silent)
    files = [path for path in made.files if path.parent == folder]
    truth = folder / "truth"
    return Economy(
        made,
        {path.name.partition(".")[0]: read(folder, path.name) for path in files},
        {
            path.stem: pl.read_csv(path, infer_schema_length=0)
            for path in sorted(truth.glob("*.csv"))
        },
        json.loads((truth / "manifest.json").read_text(encoding="utf-8")),
    )


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    first = make(tmp_path / "a", TINY, progress=silent)
    second = make(tmp_path / "b", TINY, progress=silent)

    assert [path.read_bytes() for path in first.files] == [
        path.read_bytes() for path in second.files
    ]


def test_another_seed_gives_another_economy(tmp_path: Path) -> None:
    make(tmp_path / "a", TINY, progress=silent)
    make(tmp_path / "b", Plan(cores=2, firms=30, months=3, seed=2), progress=silent)

    for name in ("firms.csv", "receivables.csv", "invoices.csv.gz"):
        assert (tmp_path / "a" / name).read_bytes() != (tmp_path / "b" / name).read_bytes()


def test_every_file_has_the_columns_of_its_form(economy: Economy) -> None:
    assert set(forms()) - set(economy.tables) == NOT_WRITTEN
    for name in economy.tables:
        form = forms()[name]
        known = set()
        for column in form.columns.values():
            for each in (column.name, *column.zh):
                known |= {each, f"{each}_fen", f"{each}_yuan", f"{each}(元)"}
        assert set(economy.tables[name].columns) <= known


def test_the_sizes_are_near_those_asked_for(economy: Economy) -> None:
    rows = economy.made.rows

    assert rows["firms"] == SMALL.firms
    assert economy.tables["firms"]["core"].to_list().count("true") == SMALL.cores
    assert rows["invoices"] == pytest.approx(SMALL.invoices, rel=0.1)
    assert rows["receivables"] == pytest.approx(SMALL.receivables, rel=0.1)


@pytest.mark.parametrize(
    ("cores", "firms", "months"), [(1, 6, 1), (2, 30, 3), (5, 12, 2), (3, 40, 30)]
)
def test_tiny_economies_are_whole(tmp_path: Path, cores: int, firms: int, months: int) -> None:
    made = make(tmp_path, Plan(cores=cores, firms=firms, months=months), progress=silent)

    assert made.rows["firms"] == firms
    assert made.rows["invoices"] > 0
    assert all((tmp_path / f"{name}").exists() for name in made.document()["files"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"cores": 0},
        {"cores": 5, "firms": 9},
        {"months": 0},
        {"months": 121},
        {"seed": -1},
    ],
)
def test_sizes_that_cannot_be_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidInput, match="--"):
        Plan(**wrong)


def test_every_code_is_whole_and_given_to_nobody(economy: Economy) -> None:
    codes = economy.tables["firms"]["uscc"].drop_nulls().to_list()

    assert len(codes) > 0.85 * SMALL.firms
    assert all(standard.code(each) == each and each[8:10] == "YY" for each in codes)


def test_a_code_is_that_of_the_standard() -> None:
    assert standard.code(code(77, "110100")) == code(77, "110100")


def test_brands_are_made_of_characters_that_make_no_word() -> None:
    kinds = parts()
    letters = [kinds[name] for name in ("first", "second", "third")]

    assert all(len(set(each)) == len(each) for each in letters)
    assert not set(letters[0]) & set(letters[1]) | set(letters[1]) & set(letters[2])


def test_full_names_differ_except_in_second_entries(economy: Economy) -> None:
    firms = economy.tables["firms"]
    second = set(economy.truth["duplicates"]["second"])
    names = firms.filter(~pl.col("firm").is_in(second))["name"]

    assert names.n_unique() == len(names)


def test_the_manifest_counts_what_is_there(economy: Economy) -> None:
    rows = economy.tables["invoices"]
    void = int((rows["status"] == "void").sum())
    once = rows.unique()
    valid = once.filter(pl.col("status") == "valid")
    said = economy.manifest["invoices"]
    assert isinstance(said, dict)

    assert void == said["void"] > 0
    assert len(rows) - len(once) == said["duplicate"] > 0
    assert len(valid) == said["used"]
    assert int(fen(valid["total_yuan"]).sum()) == said["total_fen"]


def test_the_data_end_on_the_last_day(economy: Economy) -> None:
    days = economy.tables["invoices"]["issued_on"]

    assert days.max() == SMALL.end.isoformat()
    assert str(days.min()) >= SMALL.month_starts()[0].isoformat()


def test_another_last_day_moves_everything(tmp_path: Path) -> None:
    end = dt.date(2024, 2, 17)
    make(tmp_path, Plan(cores=1, firms=20, months=2, end=end), progress=silent)

    rows = read(tmp_path, "invoices.csv.gz")
    assert rows["issued_on"].max() == "2024-02-17"
    assert str(rows["issued_on"].min()) >= "2024-01-01"


def test_amount_and_tax_make_the_total_and_red_letters_are_below_zero(economy: Economy) -> None:
    rows = economy.tables["invoices"]
    amount, tax, total = (fen(rows[name]) for name in ("amount_yuan", "tax_yuan", "total_yuan"))

    assert (amount + tax == total).all()
    assert ((amount < 0) == (rows["kind"] == "red").to_numpy()).all()
    assert (rows["kind"] == "red").sum() > 0


def test_a_red_letter_takes_back_no_more_than_was_sold(economy: Economy) -> None:
    rows = economy.tables["invoices"].unique().filter(pl.col("status") == "valid")
    worth = rows.with_columns(fen=pl.Series(fen(rows["amount_yuan"])))
    pairs = worth.group_by("seller", "buyer").agg(pl.col("fen").sum())

    assert pairs["fen"].min() >= 0


def test_every_receivable_is_an_invoice_with_its_total(economy: Economy) -> None:
    claims, twice = economy.tables["receivables"], economy.truth["double_financed"]
    own = claims.filter(~pl.col("number").is_in(twice["second"].to_list()))
    bills = economy.tables["invoices"].unique("number")
    bills = bills.select(number=pl.lit("AR") + pl.col("number"), total=pl.col("total_yuan"))
    joined = own.join(bills, on="number", how="left")

    assert joined["total"].null_count() == 0
    assert (joined["amount_fen"].cast(pl.Int64).to_numpy() == fen(joined["total"])).all()


def test_dates_of_receivables_follow_each_other_and_agree_with_their_status(
    economy: Economy,
) -> None:
    claims, end = economy.tables["receivables"], SMALL.end.isoformat()

    assert (claims["issued_on"] < claims["due_on"]).all()
    for name in ("confirmed_on", "paid_on"):
        told = claims.filter(pl.col(name).is_not_null())
        assert (told["issued_on"] <= told[name]).all()
        assert str(told[name].max()) <= end
    assert claims.filter(pl.col("status") == "paid")["paid_on"].null_count() == 0
    assert claims.filter(pl.col("status") == "confirmed")["confirmed_on"].null_count() == 0
    words = {"open", "confirmed", "disputed", "financed", "paid", "void"}
    assert set(claims["status"]) == words


def test_children_of_a_voucher_never_sum_above_it(economy: Economy) -> None:
    rows = economy.tables["vouchers"].with_columns(
        fen=pl.Series(fen(economy.tables["vouchers"]["amount_yuan"]))
    )
    children = rows.filter(pl.col("parent").is_not_null())
    given = children.group_by("parent").agg(
        given=pl.col("fen").sum(), due=pl.col("due_on").n_unique(), child_due=pl.first("due_on")
    )
    parents = given.join(rows, left_on="parent", right_on="number")

    assert len(parents) == len(given) > 0
    assert (parents["given"] <= parents["fen"]).all()
    assert (parents["child_due"] == parents["due_on"]).all()
    passed = parents.filter(pl.col("status").is_in(["split", "transferred"]))
    assert (passed["given"] == passed["fen"]).all()
    assert set(passed["status"]) == {"split", "transferred"}
    childless = rows.filter(~pl.col("number").is_in(given["parent"].to_list()))
    assert not set(childless["status"]) & {"split", "transferred"}


def test_vouchers_reach_several_tiers(economy: Economy) -> None:
    depth = economy.tables["vouchers"]["number"].str.count_matches("-")

    assert depth.max() >= 2


def test_every_alias_stands_in_the_invoices_and_is_not_the_name(economy: Economy) -> None:
    aliases, rows = economy.truth["aliases"], economy.tables["invoices"]
    used = set(rows["seller"]) | set(rows["buyer"])
    names = dict(economy.tables["firms"].select("firm", "name").iter_rows())

    assert len(aliases) >= 0.015 * SMALL.firms
    assert set(aliases["text"]) <= used
    assert all(names[firm] != text for firm, text in aliases.select("firm", "text").iter_rows())
    assert set(aliases["kind"]) >= {"wide", "form", "short", "no region", "typo"}


def test_second_entries_are_listed_and_traded_with(economy: Economy) -> None:
    doubles = economy.truth["duplicates"]
    rows = economy.tables["invoices"]
    used = set(rows["seller"]) | set(rows["buyer"])
    codes = dict(economy.tables["firms"].select("firm", "uscc").iter_rows())

    assert set(doubles["second"]) <= used & set(codes)
    same = doubles.filter(pl.col("kind") == "same code")
    assert all(codes[firm] == codes[other] for firm, other, _ in same.iter_rows())


def test_lookalikes_have_codes_that_differ(economy: Economy) -> None:
    codes = dict(economy.tables["firms"].select("firm", "uscc").iter_rows())
    pairs = list(economy.truth["lookalikes"].iter_rows())

    assert pairs
    assert all(None not in (codes[a], codes[b]) and codes[a] != codes[b] for a, b in pairs)


def test_circles_close_within_days_and_nearly_equal_amounts(economy: Economy) -> None:
    circles = economy.truth["circular_trades"]
    numbers = set(economy.tables["invoices"]["number"])

    assert set(circles["number"]) <= numbers
    for _, rows in circles.group_by("circle"):
        assert set(rows["seller"]) == set(rows["buyer"])
        assert 3 <= rows["seller"].n_unique() <= 6


def test_claims_financed_twice_are_two_financed_rows_of_one_pair(economy: Economy) -> None:
    claims = {row["number"]: row for row in economy.tables["receivables"].iter_rows(named=True)}
    pairs = list(economy.truth["double_financed"].iter_rows())

    assert pairs
    for first, second, _ in pairs:
        one, other = claims[first], claims[second]
        assert one["status"] == other["status"] == "financed"
        assert (one["seller"], one["buyer"]) == (other["seller"], other["buyer"])
        assert one["registry_id"] != other["registry_id"]


def test_nominees_hold_the_members_and_the_controller_holds_nothing_of_them(
    economy: Economy,
) -> None:
    held = economy.tables["holdings"]
    for _, rows in economy.truth["nominee_groups"].group_by("group"):
        part = {name: set(rows.filter(part=name)["firm"]) for name in set(rows["part"])}
        owners = held.filter(pl.col("owned").is_in(part["member"]) & (pl.col("share") > 0.5))
        assert set(owners["owner"]) & part["nominee"]
        assert not set(owners["owner"]) & part["controller"]


def test_guarantee_rings_close(economy: Economy) -> None:
    names = dict(economy.tables["firms"].select("firm", "name").iter_rows())
    pairs = set(economy.tables["guarantees"].select("担保人", "被担保人").iter_rows())
    for _, rows in economy.truth["guarantee_rings"].group_by("ring"):
        ring = [names[firm] for firm in rows.sort("place")["firm"]]
        assert all((ring[at - 1], ring[at]) in pairs for at in range(len(ring)))


def test_payments_of_coming_failures_drift(economy: Economy) -> None:
    failing = economy.truth["coming_failures"]
    claims = economy.tables["receivables"].filter(pl.col("paid_on").is_not_null())
    late = claims.with_columns(
        late=(pl.col("paid_on").str.to_date() - pl.col("due_on").str.to_date()).dt.total_days()
    ).join(failing.rename({"firm": "buyer"}), on="buyer")
    before = late.filter(pl.col("due_on") < pl.col("drifts_from"))["late"].mean()
    after = late.filter(pl.col("due_on") >= pl.col("drifts_from"))["late"].mean()

    assert isinstance(before, float)
    assert isinstance(after, float)
    assert after > before + 5


def test_one_core_tells_nothing_and_one_is_barred(economy: Economy) -> None:
    cores = economy.tables["firms"].filter(core="true").sort("firm")

    assert cores["revenue_yuan"].null_count() == 1
    assert cores["rating"].to_list().count("R14") == 1


def test_statements_are_partly_missing(economy: Economy) -> None:
    others = economy.tables["firms"].filter(core="false")
    told = others["revenue_yuan"].is_not_null()
    whole = told & others["inventory_yuan"].is_not_null() & others["payable_yuan"].is_not_null()

    assert 0.5 < whole.mean() < told.mean() < 0.9


def test_what_firms_buy_fits_what_they_sell() -> None:
    made = world(SMALL)
    moved = year(made, invoices(made))
    makers = (made.role >= 1) & (made.role <= 3) & (moved.sales > 1e6)
    ratio = moved.purchases[makers] / moved.sales[makers]

    assert 0.6 < np.median(ratio) < 0.9
    assert np.quantile(ratio, 0.9) < 1.3


def test_money_is_the_same_up_the_chains_as_the_fixed_point_says() -> None:
    made = structure(SMALL)
    found = flows(SMALL, made)
    sold = np.bincount(found.supplier, found.amount, found.firms + found.outside)[: found.firms]
    suppliers = (made.role >= 1) & (made.role <= 5)

    assert sold[suppliers].sum() == pytest.approx(found.sales[suppliers].sum(), rel=0.02)


def test_degrees_have_heavy_tails() -> None:
    found = flows(Plan(), structure(Plan()))
    for side in (found.buyer, found.supplier):
        degree = np.sort(np.bincount(side[found.inside]))[::-1][:401].astype(float)
        exponent = 1.0 + 1.0 / np.mean(np.log(degree[:400] / degree[400]))
        assert 2.0 < exponent < 3.4


def test_every_sector_spends_all_and_only_on_sectors_there_are() -> None:
    known = sectors()

    assert known.buys.sum(axis=1) == pytest.approx(np.ones(len(known.codes)))
    assert (known.season.mean(axis=1) == pytest.approx(1.0)) if known.codes else False


def test_the_command_writes_and_tells(tmp_path: Path) -> None:
    sizes = ["--cores", "2", "--firms", "30", "--months", "3", "--end", "2025-01-31"]
    said = CliRunner().invoke(app, ["demo", str(tmp_path / "x"), *sizes, "--json"])
    plain = CliRunner().invoke(app, ["demo", str(tmp_path / "y"), *sizes])

    document = json.loads(said.stdout)
    assert document["rows"]["firms"] == 30
    assert all((tmp_path / "x" / name).exists() for name in document["files"])
    assert "firms" in plain.stdout


def test_the_command_refuses_what_cannot_be(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["demo", str(tmp_path), "--cores", "9", "--firms", "3"])

    assert isinstance(said.exception, InvalidInput)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    cores=st.integers(1, 4),
    more=st.integers(5, 60),
    months=st.integers(1, 6),
)
def test_any_small_economy_keeps_the_laws(seed: int, cores: int, more: int, months: int) -> None:
    plan = Plan(cores=cores, firms=cores + more, months=months, seed=seed)
    made = tables(world(plan)).frames
    ids = set(made["firms"]["firm"])
    claims = made["receivables"]
    names = set(made["firms"]["name"])

    assert len(ids) == plan.firms
    assert set(claims["seller"]) | set(claims["buyer"]) <= ids
    assert (claims["seller"] != claims["buyer"]).all()
    assert claims["number"].n_unique() == len(claims)
    assert (claims["amount_fen"] > 0).all()
    assert set(made["orders"]["seller"]) | set(made["orders"]["buyer"]) <= names
    assert set(made["vouchers"]["holder"]) | set(made["vouchers"]["issuer"]) <= ids
    assert set(made["holdings"]["owner"]) | set(made["holdings"]["owned"]) <= ids
    assert made["vouchers"]["number"].n_unique() == len(made["vouchers"])


def test_no_demo_is_written_over_somebody_s_own_files(tmp_path: Path) -> None:
    own = tmp_path / "firms.csv"
    own.write_text("firm,name\nA,云栖机械有限公司\n", encoding="utf-8")

    with pytest.raises(InvalidInput, match=r"holds firms\.csv that no demo wrote"):
        make(tmp_path, TINY, progress=silent)

    assert own.read_text(encoding="utf-8").startswith("firm,name\nA,")
    assert list(tmp_path.iterdir()) == [own]
