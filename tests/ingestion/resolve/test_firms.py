"""Which texts mean one firm, what only looks like it, and what people decide."""

import datetime as dt
import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InvalidInput, NotFound
from ingestion.resolve import Decision, Decisions, ListedFirm, Resolution, resolve
from ingestion.resolve.codes import check_letter
from ingestion.resolve.near import near, propose, write

NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
ONE, TWO = (body + check_letter(body) for body in ("91350100M000100Y4", "91350100M000200X4"))


def firm(
    name: str, uscc: str | None = None, *, key: str = "", aliases: tuple[str, ...] = ()
) -> ListedFirm:
    return ListedFirm("files", key or name, name, uscc, aliases, identifies=True)


def read(
    listed: Sequence[ListedFirm],
    *texts: str,
    decisions: Sequence[Decision] = (),
    by_name: bool = True,
) -> dict[str, str]:
    found = settled(listed, *texts, decisions=decisions, by_name=by_name)
    return {text: found.meant["files", text] for text in texts}


def settled(
    listed: Sequence[ListedFirm],
    *texts: str,
    decisions: Sequence[Decision] = (),
    by_name: bool = True,
) -> Resolution:
    given = [("files", text) for text in texts]
    return resolve(listed, given, identifying={"files": by_name}, decisions=decisions)


def decided(kind: str, first: str, second: str) -> Decision:
    return Decision(1, kind, first, second, by="li", decided_at=NOW.isoformat())  # type: ignore[arg-type]


def test_a_text_is_read_as_id_then_code_then_name_then_alias() -> None:
    listed = [
        firm("云栖机械有限公司", ONE, key="F1"),
        firm("东湖零件有限公司", key="F2", aliases=("东湖", "云栖机械有限公司")),
    ]

    found = read(listed, "F2", ONE, "云栖机械有限责任公司", "东 湖")

    assert found == {"F2": "F2", ONE: "F1", "云栖机械有限责任公司": "F1", "东 湖": "F2"}


def test_equal_codes_join_whatever_the_names() -> None:
    listed = [firm("甲有限公司", ONE, key="F1"), firm("乙有限公司", ONE.lower(), key="F2")]

    assert settled(listed).ids == ("F1", "F1")


def test_equal_names_join_unless_their_codes_differ() -> None:
    apart = [firm("甲有限公司", ONE, key="F1"), firm("甲有限公司", TWO, key="F2")]
    joined = [firm("甲有限公司", ONE, key="F1"), firm("甲 有限责任公司", key="F2")]

    assert settled(apart).ids == ("F1", "F2")
    assert settled(joined).ids == ("F1", "F1")


def test_a_name_of_two_codes_means_neither_and_joins_no_third() -> None:
    listed = [
        firm("甲有限公司", ONE, key="F1"),
        firm("甲有限公司", TWO, key="F2"),
        firm("甲有限公司", key="F3"),
    ]

    found = settled(listed, "甲有限公司")

    assert found.ids == ("F1", "F2", "F3")
    assert found.meant["files", "甲有限公司"].startswith("cp-")
    assert found.ambiguous == (("files", "甲有限公司"),)


def test_names_that_do_not_identify_join_nothing() -> None:
    listed = [
        ListedFirm("files", key, "***公司", None, (), identifies=False) for key in ("E1", "E2")
    ]

    found = settled(listed, "***公司", "E2", by_name=False)

    assert found.ids == ("E1", "E2")
    assert found.meant["files", "***公司"] not in ("E1", "E2")


def test_a_stranger_has_one_id_for_all_spellings_of_its_name() -> None:
    found = read([], "甲（北京）有限公司", "甲(北京) 有限责任公司", "A00297", ONE)

    assert found["甲（北京）有限公司"] == found["甲(北京) 有限责任公司"]
    assert found["A00297"] == "A00297"
    assert found[ONE] == ONE


def test_an_alias_of_two_firms_means_neither() -> None:
    listed = [
        firm("甲有限公司", key="F1", aliases=("老店",)),
        firm("乙有限公司", key="F2", aliases=("老店",)),
    ]

    assert read(listed, "老店")["老店"].startswith("cp-")


def test_a_decision_joins_a_text_and_two_firms() -> None:
    listed = [firm("甲有限公司", ONE, key="F1"), firm("乙有限公司", TWO, key="F2")]
    decisions = [decided("join", "甲股份", "F2"), decided("join", "F1", "F2")]

    found = settled(listed, "甲股份", decisions=decisions)

    assert found.ids == ("F1", "F1")
    assert found.meant["files", "甲股份"] == "F1"


def test_a_decision_keeps_apart_what_would_be_joined() -> None:
    listed = [firm("甲有限公司", key="F1"), firm("甲有限责任公司", key="F2")]
    apart = [decided("apart", "F1", "F2")]

    assert settled(listed, decisions=apart).ids == ("F1", "F2")

    alone = [firm("甲有限公司", key="F1")]
    found = read(alone, "甲有限责任公司", decisions=[decided("apart", "甲有限责任公司", "F1")])
    assert found["甲有限责任公司"].startswith("cp-")


@given(st.permutations(range(6)))
def test_the_order_of_texts_changes_nothing(order: list[int]) -> None:
    listed = [firm("甲有限公司", ONE, key="F1"), firm("甲有限责任公司", key="F2")]
    texts = ["F1", "甲有限公司", "乙有限公司", ONE, "X1", "乙 有限责任公司"]

    assert read(listed, *[texts[at] for at in order]) == read(listed, *texts)


NAMES = st.sampled_from(["甲有限公司", "甲有限责任公司", "乙有限公司", "丙厂"])
CODES = st.sampled_from([None, None, ONE, TWO])


@given(st.lists(st.tuples(NAMES, CODES), max_size=7))
def test_two_different_codes_are_never_one_firm(rows: list[tuple[str, str | None]]) -> None:
    listed = [firm(name, uscc, key=f"F{at}") for at, (name, uscc) in enumerate(rows)]

    ids = settled(listed).ids

    for (one, a), (other, b) in itertools.combinations(zip(ids, listed, strict=True), 2):
        if a.uscc and b.uscc:
            assert (one == other) == (a.uscc == b.uscc)


@given(st.lists(st.tuples(NAMES, CODES), max_size=6), st.data())
def test_the_order_of_rows_changes_nothing(
    rows: list[tuple[str, str | None]], data: st.DataObject
) -> None:
    # Some ids come twice, so that one firm bears two names and bridges others.
    listed = [firm(name, uscc, key=f"F{at % 4}") for at, (name, uscc) in enumerate(rows)]
    turned = data.draw(st.permutations(listed))

    assert together(turned) == together(listed)


def together(listed: Sequence[ListedFirm]) -> set[frozenset[tuple[str, str, str | None]]]:
    found: dict[str, set[tuple[str, str, str | None]]] = {}
    for row, one in zip(listed, settled(listed).ids, strict=True):
        found.setdefault(one, set()).add((row.firm, row.name, row.uscc))
    return {frozenset(rows) for rows in found.values()}


def test_a_firm_without_code_between_two_codes_joins_neither() -> None:
    listed = [
        firm("甲有限公司", ONE, key="F1"),
        firm("乙有限公司", TWO, key="F2"),
        firm("甲有限公司", key="F3"),
        firm("乙有限公司", key="F3"),
    ]

    found = settled(listed)

    assert found.ids == ("F1", "F2", "F3", "F3")
    assert {(c.text, c.firm) for c in propose(listed, found, [])} >= {
        ("甲有限公司", "F1"),
        ("乙有限公司", "F2"),
    }


def test_a_name_that_several_bear_is_put_to_a_person() -> None:
    listed = [firm("甲有限公司", ONE, key="F1"), firm("甲有限公司", TWO, key="F2")]
    found = settled(listed, "甲有限公司")

    assert {(c.text, c.firm) for c in propose(listed, found, [])} == {
        ("甲有限公司", "F1"),
        ("甲有限公司", "F2"),
    }


def test_a_code_on_many_names_joins_nobody() -> None:
    listed = [firm(f"{name}有限公司", ONE, key=f"F{name}") for name in "甲乙丙丁"]

    assert len(set(settled(listed[:3]).ids)) == 1
    found = settled(listed, ONE)
    assert len(set(found.ids)) == 4
    assert found.crowded == (ONE,)
    assert found.meant["files", ONE] == ONE


@pytest.mark.parametrize("filler", ["0" * 18, "1" * 18, "N/A", "无", "-", "000000"])
def test_fillers_join_nobody(filler: str) -> None:
    listed = [firm("甲有限公司", filler, key="F1"), firm("乙有限公司", filler, key="F2")]
    named = [firm(filler, ONE, key="F1"), firm(filler, key="F2")]

    assert settled(listed).ids == ("F1", "F2")
    assert settled(named).ids == ("F1", "F2")


def test_an_id_is_read_in_any_width() -> None:
    assert read([firm("甲有限公司", key="F-1")], "Ｆ－１")["Ｆ－１"] == "F-1"


def test_likely_names_are_proposed_and_not_joined() -> None:
    listed = [firm("深圳云栖精密机械有限公司", key="F1"), firm("深圳东湖零件有限公司", key="F2")]
    found = settled(listed, "云栖精密机械有限公司", "深圳云栖精密有限公司", "海风渔具")

    proposed = propose(listed, found, [])

    assert {(c.text, c.firm) for c in proposed} == {
        ("云栖精密机械有限公司", "F1"),
        ("深圳云栖精密有限公司", "F1"),
    }
    assert found.meant["files", "云栖精密机械有限公司"].startswith("cp-")


def test_what_was_decided_is_not_proposed_again() -> None:
    listed = [firm("深圳云栖精密机械有限公司", key="F1")]
    apart = [decided("apart", "云栖精密机械有限公司", "F1")]
    found = settled(listed, "云栖精密机械有限公司", decisions=apart)

    assert propose(listed, found, apart) == []


def test_listed_firms_without_codes_may_be_doubles() -> None:
    listed = [
        firm("深圳云栖机械有限公司", ONE, key="F1"),
        firm("云栖机械股份有限公司", key="F2"),
        firm("杭州云栖机械有限公司", TWO, key="F3"),
    ]

    proposed = propose(listed, settled(listed), [])

    assert [(c.text, c.firm) for c in proposed] == [
        ("云栖机械股份有限公司", "F1"),
        ("云栖机械股份有限公司", "F3"),
    ]


def test_a_number_tells_two_firms_apart() -> None:
    listed = [firm("云栖一厂", key="F1"), firm("云栖二厂", key="F2"), firm("云西二厂", key="F3")]

    proposed = propose(listed, settled(listed), [])

    assert {(c.text, c.firm) for c in proposed} == {("云栖二厂", "F3"), ("云西二厂", "F2")}


def test_the_most_alike_comes_first() -> None:
    named = {
        "F1": [("广东昕屿电控股份有限公司",) * 2],
        "F2": [("浙江昕陆电控有限公司",) * 2],
        "F3": [("海风渔具有限公司",) * 2],
    }

    assert [c.firm for c in near(["广东昕电控股份有限公司"], named)] == ["F1", "F2"]


def test_candidates_are_written_harmless(tmp_path: Path) -> None:
    named = {"F1": [("=云栖精密机械",) * 2]}
    path = tmp_path / "candidates.csv"

    write(path, near(["云栖精密机械有限公司"], named))

    assert path.read_text(encoding="utf-8-sig").splitlines()[1] == (
        "云栖精密机械有限公司,F1,'=云栖精密机械,95.0"
    )


def test_decisions_are_kept_and_can_be_taken_back(tmp_path: Path) -> None:
    kept = Decisions(tmp_path)
    first = kept.add("join", "a", "b", by="li", at=NOW)
    kept.add("apart", "a", "c", by="wang", at=NOW)

    kept.undo(first.number, by="li", at=NOW)

    assert [(d.kind, d.second) for d in Decisions(tmp_path).standing()] == [("apart", "c")]
    assert [d.kind for d in kept.every()] == ["join", "apart", "undo"]
    with pytest.raises(NotFound):
        kept.undo(first.number, by="li", at=NOW)


def test_a_decision_needs_two_texts(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        Decisions(tmp_path).add("join", "a", "a", by="li", at=NOW)


def test_a_spoilt_list_of_decisions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "decisions.jsonl").write_text('{"number": 1}\n', encoding="utf-8")

    with pytest.raises(InvalidInput, match="line 1"):
        Decisions(tmp_path).standing()
