"""What the platform knows counts as documents and claims, whatever the version's date is."""

import dataclasses
import datetime as dt
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given

from app.chain.limits import papers
from app.chain.limits.book import LENT, Book
from app.chain.limits.carrying import equal
from app.chain.limits.compute import Computation, RunOutcome, compute
from app.chain.limits.results import Results
from app.chain.limits.storage import save
from tests.app.chain.limits.evaluator import check_run
from tests.app.chain.limits.test_laws import (
    GENEROUS,
    POLICY,
    Found,
    claim,
    few,
    figures,
    run,
    same_factors,
    seeds,
    someone,
    with_rows,
)
from tests.app.chain.limits.test_papers import (
    CONFIRMED,
    WHOLE,
    T,
    ago,
    found,
    held,
    paper,
    row,
    sale,
)
from tests.app.chain.limits.test_papers import claim as claimed
from tests.app.chain.limits.test_second_reading import loss
from tests.graph.effort import seeds as among
from tests.oracles.economies import YUAN, economy, with_book
from tests.oracles.inputs import through_graph
from tests.oracles.limits import Economy, Oracle, Row


def unhurt(_firm: str, _closed: str) -> Fraction:
    return Fraction(0)


def known(state: str, **fields: Any) -> Row:
    """Return a receivable of the platform in a state."""
    was = state in ("confirmed", "financing", "financed", "replaced")
    return row(state=state, was_confirmed=was, here=was) | fields


def node(number: str = "V1", **fields: Any) -> Row:
    usual = {"number": number, "issuer": "C", "holder": "S", "held": WHOLE, "occupies": WHOLE}
    return usual | {"issued_on": T, "due_on": ago(-60)} | fields


def occupied(result: Found) -> int:
    names = ("confirmed_fen", "vouchers_fen", "confirmed_here_fen", "issued_here_fen")
    return sum(int(result.cores["C"][name]) for name in names)


@pytest.mark.parametrize(
    ("state", "document", "open_claim", "occupies"),
    [
        ("open", False, True, False),
        ("disputed", False, False, False),
        ("confirmed", True, False, True),
        ("financing", True, False, True),
        ("financed", True, False, True),
        ("elsewhere", False, False, False),
        ("replaced", False, False, False),
        ("paid", False, False, False),
        ("void", False, False, False),
    ],
)
def test_the_platform_s_state_of_a_receivable_counts(
    state: str, *, document: bool, open_claim: bool, occupies: bool
) -> None:
    result = found(row(), known=[known(state)])

    assert held(result) == document * WHOLE
    assert claimed(result) == open_claim * WHOLE
    assert occupied(result) == occupies * WHOLE


def test_what_was_confirmed_here_and_is_financed_elsewhere_still_occupies() -> None:
    assert occupied(found(known=[known("elsewhere", was_confirmed=True, here=True)])) == WHOLE


@pytest.mark.parametrize("word", ["paid", "void", "financed"])
def test_a_file_ends_a_receivable_on_which_nothing_of_ours_stands(word: str) -> None:
    file = row(**CONFIRMED | {"status": word})

    assert held(found(file, known=[known("confirmed")])) == 0
    for ours in ("financing", "financed"):
        assert held(found(file, known=[known(ours)])) == WHOLE


def test_what_a_file_says_is_paid_in_part_lowers_the_face() -> None:
    file = row(paid=WHOLE // 4)

    part = found(file, known=[known("confirmed")])

    assert (held(part), occupied(part)) == (WHOLE * 3 // 4, WHOLE * 3 // 4)
    assert held(found(file, known=[known("financed")])) == WHOLE


def test_financing_what_is_paid_in_part_changes_no_limit() -> None:
    file, paid = row(paid=WHOLE // 4), {"paid": WHOLE // 4}
    before = found(file, known=[known("confirmed", **paid)])

    for ours in ("financing", "financed"):
        for says in (WHOLE // 4, WHOLE // 2, 0, WHOLE):  # A later file says what it will.
            after = found(row(paid=says), known=[known(ours, **paid)])
            assert figures(after) == figures(before)
    assert held(before) == WHOLE * 3 // 4


def test_what_was_paid_once_stays_paid_whatever_a_later_file_says() -> None:
    known_paid = known("confirmed", paid=WHOLE // 2)

    assert held(found(row(paid=WHOLE // 4), known=[known_paid])) == WHOLE // 2
    assert held(found(known=[known_paid])) == WHOLE // 2


def test_a_file_changes_nothing_of_what_has_ended_here() -> None:
    """Financed by somebody else it would occupy; settled here it is over for good."""
    file = row(**CONFIRMED | {"status": "financed"})

    assert occupied(found(file, known=[known("paid", was_confirmed=True, here=True)])) == 0


@pytest.mark.parametrize("word", ["open", "disputed", "confirmed"])
def test_other_words_of_a_file_do_not_change_what_the_platform_knows(word: str) -> None:
    file = row(status=word, amount=7 * WHOLE, confirmed_on=None)

    assert held(found(file, known=[known("confirmed")])) == WHOLE
    assert claimed(found(file, known=[known("open")])) == WHOLE


def test_what_the_platform_knows_is_seen_whatever_the_version_s_date_is() -> None:
    late = {"issued_on": ago(-9)}

    assert held(found(row(**late), known=[known("confirmed", **late)])) == WHOLE
    assert held(found(known=[known("confirmed")])) == WHOLE  # No file has it at all.


@pytest.mark.parametrize(
    ("day", "due", "counts"),
    [
        (None, 0, True),
        (5, 4, False),
        (5, 5, True),
        (5, 185, True),
        (5, 186, False),
        (-5, -4, True),
        (-5, -6, False),
        (-5, 175, True),
        (-5, 176, False),
    ],
)
def test_due_days_of_documents_are_held_against_the_business_day(
    day: int | None, due: int, *, counts: bool
) -> None:
    today = None if day is None else ago(-day)
    due_on = {"due_on": ago(-due)}

    by_book = held_on(today, known=[known("confirmed", **due_on)])
    by_file = held_on(today, receivables=[row(**CONFIRMED | due_on)])
    issued = held_on(today, nodes=[node(**due_on)])

    assert by_book == by_file == issued == counts * WHOLE


def held_on(day: dt.date | None, **rows: list[Row]) -> int:
    raw = Economy(T, [CORE, {"firm": "S"}], day=day, **rows)
    return held(run(raw, lost=unhurt))


CORE = {"firm": "C", "core": True, "operating_cash_flow": 10**11, "cash": 10**11, "short_debt": 0}


def test_a_voucher_issued_and_not_accepted_occupies_and_is_held_by_nobody() -> None:
    result = found(nodes=[node(held=0)])

    assert (held(result), occupied(result)) == (0, WHOLE)


def test_a_voucher_that_was_passed_is_its_holders_and_occupies_once() -> None:
    passed = node("V1.1", holder="B", held=WHOLE // 4, occupies=0)

    result = found(nodes=[node(held=WHOLE * 3 // 4), passed])

    assert (held(result), held(result, "B")) == (WHOLE * 3 // 4, WHOLE // 4)
    assert occupied(result) == WHOLE


def test_a_voucher_of_a_file_that_the_platform_knows_counts_once() -> None:
    result = found(vouchers=[paper("V1", 5 * WHOLE)], nodes=[node()])

    assert (held(result), occupied(result)) == (WHOLE, WHOLE)


def test_a_receivable_under_a_voucher_leaves_as_claim_and_document() -> None:
    result = found(row(**CONFIRMED), known=[known("replaced")], nodes=[node()])

    assert (held(result), claimed(result), occupied(result)) == (WHOLE, 0, WHOLE)


def test_what_files_say_otherwise_is_listed() -> None:
    raw = Economy(
        T,
        [CORE, {"firm": "S"}],
        receivables=[
            row(status="disputed", amount=5),
            row(number="A2"),
            row(number="A3", paid=WHOLE // 2, **CONFIRMED),
        ],
        known=[
            known("confirmed"),
            known("open", number="A2"),
            known("financed", number="A3", paid=WHOLE // 4),
        ],
    )
    ledger = through_graph(raw, Oracle(raw, unhurt)).ledger

    listed = papers.differences(ledger.receivables, ledger.book, T)

    assert listed.select("number", "field", "file", "platform").rows() == [
        ("A1", "amount_fen", "5", str(WHOLE)),
        ("A1", "state", "disputed", "confirmed"),
        ("A3", "paid_fen", str(WHOLE // 2), str(WHOLE // 4)),
    ]
    assert papers.differences(ledger.receivables, Book(), T).is_empty()


def test_a_supplier_s_limit_moves_with_a_confirmation_and_its_tree_names_the_event(
    tmp_path: Path,
) -> None:
    """
    A claim of 1,000,000 yuan counts at 70 %, as a document at 95 %.

    The core's room is wide, sales of 50,000,000 bind nothing: 700,000 become 950,000 yuan.
    """
    before, after = found(row()), found(row(), known=[known("confirmed")])

    assert (before.limit("S", "C"), after.limit("S", "C")) == (70_000_000, 95_000_000)
    save(after.outcome, after.handed, POLICY, tmp_path / "run", {})
    results = Results(tmp_path / "run")
    tree = results.firm("C", "S")["derivation"]
    leaf = tree_at(tree, "smallest", "funding", "documents", "held", "receivable_document:A1")
    assert leaf["value"] == WHOLE
    assert leaf["source"] == {"book": 1, "event": 1}
    assert leaf["label"]["en"] == "Receivable: A1"
    check_run(results)


def tree_at(tree: dict[str, Any], *codes: str) -> dict[str, Any]:
    """Return the node that these codes lead to."""
    for code in codes:
        tree = next(child for child in tree["children"] if child["code"] == code)
    return tree


def test_many_documents_of_the_book_are_listed_to_twenty(tmp_path: Path) -> None:
    result = found(known=[known("confirmed", number=f"A{n}") for n in range(30)])
    save(result.outcome, result.handed, POLICY, tmp_path / "run", {})
    results = Results(tmp_path / "run")

    tree = results.firm("C", "S")["derivation"]
    parts = tree_at(tree, "smallest", "funding", "documents", "held")["children"]

    assert len(parts) == 21
    assert parts[-1]["code"] == "others"
    assert parts[-1]["source"]["count"] == 11
    assert check_run(results)


@pytest.mark.parametrize("seed", among(range(8), 3))
def test_trees_of_runs_with_a_book_can_be_recomputed(seed: int, tmp_path: Path) -> None:
    raw = with_book(random.Random(seed), economy(seed))
    handed = through_graph(raw, Oracle(raw, loss))
    save(compute(handed, POLICY), handed, POLICY, tmp_path / "run", {})

    assert check_run(Results(tmp_path / "run"))


@few
@given(seeds)
def test_a_document_is_worth_the_same_whether_a_file_or_the_platform_knows_it(seed: int) -> None:
    raw = economy(seed)
    assume(raw.receivables)
    claims = list(raw.receivables)
    at = random.Random(seed).randrange(len(claims))
    open_row = {**claims[at], "status": "open", "confirmed_on": None, "issued_on": ago(30)}
    by_file = [*claims[:at], {**open_row, "confirmed_on": T}, *claims[at + 1 :]]
    by_platform = [*claims[:at], open_row, *claims[at + 1 :]]
    confirmed = {**open_row, "state": "confirmed", "was_confirmed": True, "here": True}

    one = run(dataclasses.replace(raw, receivables=by_file))
    other = run(dataclasses.replace(raw, receivables=by_platform, known=[confirmed]))

    assert figures(one) == figures(other)


@few
@given(seeds, seeds)
def test_a_run_after_a_change_of_the_book_is_as_a_full_one(seed: int, change: int) -> None:
    raw, draw = economy(seed), random.Random(change)
    books = [with_book(draw, raw)]
    part = draw.randrange(4)  # A few things change, as they do between two passes.
    books.append(
        dataclasses.replace(
            books[-1],
            known=books[-1].known[part:],
            nodes=books[-1].nodes[: max(0, len(books[-1].nodes) - part)],
        )
    )

    first, second = (through_graph(each, Oracle(each, loss)) for each in books)
    after = compute(second, POLICY, compute(first, POLICY).work)
    full = compute(second, POLICY)
    check_same(after, full)


def test_only_the_chains_that_a_change_touches_are_computed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    firms = [CORE, CORE | {"firm": "D"}, *({"firm": each} for each in ("S", "B"))]
    sales = [sale(), sale(seller="B", buyer="D", number="I2")]
    raw = Economy(T, firms, invoices=sales, receivables=[row(), row(seller="B", buyer="D")])
    before, after = (
        through_graph(each, Oracle(each, unhurt))
        for each in (raw, dataclasses.replace(raw, known=[known("confirmed")]))
    )
    work = compute(before, POLICY).work
    filled: list[int] = []
    fill = Computation._fill
    monkeypatch.setattr(
        Computation, "_fill", lambda self, core: (filled.append(core), fill(self, core))[1]
    )

    compute(after, POLICY, work)

    assert [after.ids[core] for core in filled] == ["C"]


@pytest.mark.parametrize(
    "changes",
    [
        {"known": [known("confirmed")]},  # A document more of a firm that had none.
        {"known": [known("disputed")]},
        {"nodes": [node(holder="N")]},  # Who stood in no chain.
        {"known": [known("confirmed")], "nodes": [node(holder="B")]},
    ],
)
def test_whatever_a_change_moves_is_as_in_a_full_run(changes: dict[str, list[Row]]) -> None:
    firms = [CORE, *({"firm": each} for each in ("S", "B", "N"))]
    raw = Economy(T, firms, invoices=[sale(), sale(seller="B", number="I2")], receivables=[row()])
    lent = pl.DataFrame([{"firm": "S", "lent_fen": 5, "lent_event": 9}], schema=LENT)
    first, second = (
        through_graph(each, Oracle(each, unhurt))
        for each in (raw, dataclasses.replace(raw, **changes))  # type: ignore[arg-type]  # lists
    )
    book = dataclasses.replace(second.ledger.book, lent=lent)
    second = dataclasses.replace(second, ledger=dataclasses.replace(second.ledger, book=book))

    after = compute(second, POLICY, compute(first, POLICY).work)

    check_same(after, compute(second, POLICY))


def check_same(one: RunOutcome, other: RunOutcome) -> None:
    """Check that two runs store the same, and had the same figures on their way there."""
    for name in ("cores", "firms", "members", "claims", "prepaid", "passed", "papers", "aged"):
        assert getattr(one, name).equals(getattr(other, name), null_equal=True), name
    for figures_of in (lambda work: work.by_firm, lambda work: work.by_member):
        for mine, theirs in zip(figures_of(one.work), figures_of(other.work), strict=True):
            assert np.all(equal(mine, theirs))
    assert one.work.chains == other.work.chains


@given(seeds)
def test_financing_with_us_changes_no_limit(seed: int) -> None:
    raw = with_book(random.Random(seed), economy(seed))
    drawn = [
        {**each, "state": "financed" if each["state"] == "financing" else each["state"]}
        for each in raw.known
    ]

    assert figures(run(raw)) == figures(run(dataclasses.replace(raw, known=drawn)))


@few
@pytest.mark.slow
@given(seeds)
def test_confirming_on_the_platform_never_lowers_a_limit(seed: int) -> None:
    raw = with_book(random.Random(seed), economy(seed))
    firm, core = someone(raw, random.Random(seed))
    file = claim(firm, core, (seed + 1) * YUAN)
    raw = with_rows(raw, receivables=[file])
    confirmed = {**file, "state": "confirmed", "was_confirmed": True, "here": True}

    before = run(raw, GENEROUS)
    after = run(with_rows(raw, known=[confirmed]), GENEROUS)

    assume(same_factors(before, after, firm))
    assert after.limit(firm, core) >= before.limit(firm, core)
    assert after.total(firm) >= before.total(firm) - len(before.chains(firm))


@few
@pytest.mark.slow
@given(seeds)
def test_passing_with_a_book_is_moved_not_added(seed: int) -> None:
    outcome = run(with_book(random.Random(seed), economy(seed))).outcome

    came = outcome.passed.group_by("core", firm="taker").agg(came=pl.col("amount_fen").sum())
    went = outcome.passed.group_by("core", firm="giver").agg(went=pl.col("amount_fen").sum())
    keys = ["core", "firm"]
    both = outcome.members.select("core", "firm", "held_fen")
    for moved in (came, went):
        both = both.join(moved, on=keys, how="full", coalesce=True).fill_null(0)
    stays = both.with_columns(stays=pl.col("held_fen") + pl.col("came") - pl.col("went"))
    assert (stays["stays"] >= 0).all()
    assert stays["stays"].sum() == stays["held_fen"].sum()


def test_a_run_without_a_book_says_nothing_of_one() -> None:
    assert Book().facts(T) == {}
    assert Book(day=T).facts(T) == {}
    assert Book(7, day=ago(-1)).facts(T) == {"book": 7, "day": "2026-07-01"}
