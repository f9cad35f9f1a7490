"""A description that breaks the language is refused, every place of it told at once."""

from typing import TYPE_CHECKING

import pytest

from ingestion.descriptions.faults import FAULTS_MAX, Faults
from ingestion.descriptions.nodes import BYTES_MAX
from ingestion.descriptions.reading import read
from ingestion.descriptions.schedules import fields

if TYPE_CHECKING:
    from tests.ingestion.descriptions.conftest import Desk

ROWS = """\
schema: 1
owner: risk@bank.example
sets:
  rows: {files: '.*[.]csv', header: [甲, 乙]}
tables:
- table: events
  from: rows
  columns: {firm: 甲, happened_on: 乙, kind: {const: fee}}
"""


def faults(text: str) -> list[str]:
    found = Faults("own")
    read("own", text, found)
    return found.messages()


def test_a_sound_description_has_no_fault() -> None:
    assert faults(ROWS) == []


def test_many_wrong_words_and_many_patterns_cost_little() -> None:
    widths = ",".join(f"[column{at}, {at}, {at}]" for at in range(1, 1000))
    wrong = "".join(f"    - {{columm{at}: x}}\n" for at in range(2000))
    text = f"schema: 1\nowner: a\nsets:\n  a:\n    files: x\n    widths: [{widths}]\n"
    values = "".join(f"    - {{above: '(a{at})'}}\n" for at in range(600))
    table = f"tables:\n- table: events\n  from: a\n  columns:\n    firm:\n{values}"

    told = faults(f"{text}    keep:\n{wrong}{table}")

    assert "has no column columm7; did you mean column7" in told[7]
    assert sum("a description has at most 500 patterns" in each for each in told) == 101


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("header:", "heder:", "line 4: sets.rows: unknown key heder; did you mean header"),
        ("owner: risk@bank.example\n", "", "line 1: key owner is missing"),
        ("schema: 1", "schema: 2", "line 1: schema: schema 1 is the one that is known"),
        ("files: '.*[.]csv', ", "", "line 4: sets.rows: key files is missing"),
        ("'.*[.]csv'", "'(.*'", "line 4: sets.rows.files: no pattern: missing ): (.*"),
        ("'.*[.]csv'", "'(?=a)'", "line 4: sets.rows.files: no pattern: invalid perl operator"),
        ("header: [甲, 乙]", "header: 甲", "line 4: sets.rows.header: a list is wanted"),
        ("from: rows", "from: row",
         "line 7: tables[1].from: there is no set row; did you mean rows"),
        ("table: events", "table: event", "line 6: tables[1].table: 'event' is none of firms"),
        ("happened_on: 乙, ", "",
         "line 8: tables[1].columns: required column happened_on of table"),
        ("firm:", "firn:",
         "line 8: tables[1].columns: table events has no column firn; did you mean firm"),
        ("{const: fee}", "{cost: fee}",
         "line 8: tables[1].columns.kind: unknown key cost; did you mean const"),
        ("{const: fee}", "{text: 'a{b'}",
         "line 8: tables[1].columns.kind.text: a brace without its other"),
        ("乙, kind", "{from: 乙, order: ymdd}, kind",
         "line 8: tables[1].columns.happened_on.order: 'ymdd'"),
        ("乙, kind", "{from: 乙, zone: Mars/A, epoch: s}, kind",
         "line 8: tables[1].columns.happened_on.zone: no time"),
        ("{const: fee}", "{from: 甲, matching: 'a'}", "the pattern has 0 groups"),
        ("owner: risk@bank.example", "owner: &a x", "line 2: owner: an anchor (&NAME) is not read"),
        ("owner: risk@bank.example", "owner: !!str x",
         "line 2: owner: a tag (tag:yaml.org,2002:str)"),
        ("owner: risk@bank.example", ("owner: a\n"
            "owner: b"), "line 3: owner: this key is given twice"),
        ("owner: risk@bank.example", "owner: [", "no YAML"),
        ("owner: risk@bank.example", "owner: 'TODO: whose?'", "line 2: owner: TODO: whose?"),
        ("{const: fee}", "{else: 甲}", "keys else are no form of a value"),
        ("header: [甲, 乙]", "hold: {by: 甲}", "line 4: sets.rows.hold: key columns is missing"),
        ("header: [甲, 乙]", "joins: [{set: x, ours: 甲, take: {a: 乙}}]", "there is no set x"),
        ("header: [甲, 乙]", "joins: [{set: rows, ours: 甲, take: {a: 乙}}]", "lead back to it"),
        ("header: [甲, 乙]", "keep: [{甲: {blank: maybe}}]", "true or false is wanted"),
        ("schema: 1", ("schema: 1\n"
            "checks: {used_min: {event: 1}}"), "there is no table event; did you mean events"),
        ("schema: 1", ("schema: 1\n"
            "version: 0"), "line 2: version: a whole number from 1 on is wanted"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_way_of_keys(old: str, new: str, told: str) -> None:
    assert old in ROWS
    said = faults(ROWS.replace(old, new))

    assert any(told in each for each in said), said
    assert all(each.startswith("own.yml: line ") for each in said)


def test_firms_keep_their_key_and_a_table_has_one_alone() -> None:
    columns = "columns: {firm: 甲, happened_on: 乙, kind: {const: fee}}"
    firms = "key: [uscc]\n  columns: {firm: 甲, name: 乙}"
    twice = ROWS + ROWS[ROWS.index("- table") :].replace("columns:", "key: [firm]\n  columns:", 1)

    (told,) = faults(ROWS.replace("table: events", "table: firms").replace(columns, firms))
    assert "line 8: tables[1].key: firms are told apart by firm, their code or name" in told
    assert any("has another key further up" in each for each in faults(twice)), twice


@pytest.mark.parametrize(
    ("lags", "told"),
    [
        ("{invoices: 36501}", "lag_days.invoices: a lag has at most 36500 days"),
        ("{firms: 1}", "lag_days.firms: rows of firms have no day of their own"),
        ("{invoces: 1}", "did you mean invoices"),
        ("{invoices: soon}", "a whole number from 0 on is wanted"),
    ],
)
def test_a_lag_that_is_none_is_a_fault(lags: str, told: str) -> None:
    said = faults(ROWS.replace("owner:", f"lag_days: {lags}\nowner:", 1))

    assert any(told in each for each in said), said


def test_a_join_whose_set_is_still_asked_for_is_a_question_also_beside_other_joins() -> None:
    joins = (
        "joins: [{set: more, ours: 甲, take: {a: 丙}}, {set: 'TODO: which?', ours: 甲, take: {}}]"
    )
    more = "\n  more: {files: '.*', header: [丙], joins: [{set: 'TODO: who?', ours: 丙, take: {}}]}"

    found = faults(ROWS.replace("header: [甲, 乙]}", f"header: [甲, 乙], {joins}}}{more}"))

    assert any("TODO: which?" in fault for fault in found)
    assert any("TODO: who?" in fault for fault in found)


def test_all_faults_are_told_at_once_in_the_order_of_lines() -> None:
    said = faults(ROWS.replace("header:", "heder:").replace("firm:", "firn:"))

    assert len(said) == 3
    assert [each.split(":")[1] for each in said] == [" line 4", " line 8", " line 8"]


def test_more_faults_than_are_told_are_counted() -> None:
    many = "\n".join(f"k{at}: 1" for at in range(FAULTS_MAX + 7))
    found = Faults("own")
    read("own", ROWS + many, found)

    with pytest.raises(Exception, match="and 7 more"):
        found.check()


def test_a_description_that_is_too_long_is_not_read() -> None:
    assert faults("#" * (BYTES_MAX + 1)) == ["own.yml: line 1: a description has at most 256 KiB"]


def test_scalars_are_text_as_they_are_written() -> None:
    words = "{from: 甲, words: {No: a, 0111: b, 2026-01-02: c}}"
    found = read("own", ROWS.replace("{const: fee}", words), Faults("own"))

    assert found is not None
    assert list(found.tables[0].columns["kind"].words) == ["No", "0111", "2026-01-02"]  # type: ignore[union-attr]


def test_columns_of_documents_are_checked_without_any_file() -> None:
    said = faults(ROWS.replace("header: [甲, 乙]", "json: lines, fields: {甲: a, 丙: b}"))

    assert said == ["own.yml: line 8: tables[1].columns.happened_on: the set has no column 乙"]


def test_a_header_that_no_file_has_is_refused_with_the_nearest_row(desk: "Desk") -> None:
    desk.house.write("a.csv", "甲,丙\n1,2026-01-01\n")
    desk.say(ROWS)

    assert "乙" in str(desk.check()["refused"])


def test_a_column_that_no_file_has_is_refused_with_the_nearest(desk: "Desk") -> None:
    desk.house.write("a.csv", "甲,乙,金额合计\n1,2026-01-01,5\n")
    desk.say(ROWS.replace("firm: 甲", "firm: 甲, amount: 金额合记"))

    assert desk.check()["refused"] == (
        "a.csv: set rows: there is no column 金额合记; did you mean 金额合计"
    )


def test_a_column_that_many_files_have_for_nobody_is_told_once(desk: "Desk") -> None:
    for name in ("a", "b", "c"):
        desk.house.write(f"{name}.csv", "甲,乙,丙\n1,2026-01-01,5\n")
    desk.say(ROWS)

    said = desk.check()

    assert [each["label"] for each in said["remarks"] if each["code"] == "column_not_read"] == [
        {
            "en": "a.csv and 2 other files: column '丙' is not read",
            "zh": "a.csv 等 3 个文件：未读取列 '丙'",
        }
    ]


PUSHED = "schema: 1\nowner: risk@bank.example\npushed: true\nschedule: {when}\n"


@pytest.mark.parametrize(
    ("when", "days"),
    [
        ("0 2 * * 0", "sun"),
        ("0 2 * * 7", "sun"),
        ("0 2 * * 5-7", "sun,fri,sat"),
        ("0 2 * * MON,wed", "mon,wed"),
        ("'0 2 * * */3'", "sun,wed,sat"),
        ("'*/15 8-18 1,15 jan-jun *'", "*"),
    ],
)
def test_days_of_the_week_of_a_schedule_are_counted_from_sunday(when: str, days: str) -> None:
    assert faults(PUSHED.format(when=when)) == []
    assert fields(when.strip("'"))["day_of_week"] == days


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("every day", "as in a crontab"),
        ("61 2 * * *", "is no schedule"),
        ("'* * * * * *'", "as in a crontab"),
        ("0 2 30 2 *", "that day never comes"),
        ("0 2 1 * 1", "not both"),
        ("0 2 * * 8", "'8' is no day of the week"),
        ("0 2 * * 5-1", "names no days of the week"),
        ("0 2 * * 1/9", "names no days of the week"),
        ("'*/0 2 * * *'", "is no schedule"),
        ("'0 2 * * ,'", "is no day of the week"),
    ],
)
def test_a_schedule_that_is_none_is_a_fault_with_its_line(when: str, told: str) -> None:
    (said,) = faults(PUSHED.format(when=when))

    assert said.startswith("own.yml: line 4: schedule: ")
    assert told in said


def test_files_come_by_hand_or_through_the_inbox() -> None:
    (said,) = faults(ROWS.replace("owner:", "schedule: 0 2 * * *\nowner:", 1))

    assert "line 2: schedule: what is pushed and what databases hold" in said


@pytest.mark.parametrize("name", ["_line", "_at", "_file", "'*'", "'^a.*$'", "' '"])
def test_names_that_no_column_can_have_are_told(name: str) -> None:
    fields = f"{{files: '.*', json: lines, fields: {{{name}: a, 甲: b, 乙: c}}}}"
    joins = f"joins: [{{set: more, ours: 甲, take: {{{name}: 甲}}}}]"
    more = "\n  more: {files: '.*', header: [甲]}"

    for text in (
        ROWS.replace("{files: '.*[.]csv', header: [甲, 乙]}", fields),
        ROWS.replace("header: [甲, 乙]}", f"header: [甲, 乙], {joins}}}{more}"),
        ROWS.replace("header: [甲, 乙]", f"widths: [[{name}, 1, 2], [甲, 3, 4], [乙, 5, 6]]"),
    ):
        assert any("no column can be called" in told or "blank" in told for told in faults(text))


def test_headers_that_are_called_like_what_the_reader_keeps_for_itself_are_read(
    desk: "Desk",
) -> None:
    own = ("_fate", "_row", "_key0", "_file_at", "_line", "_at", "_lines", "_own", "_extra")
    desk.house.write("a.csv", f"{','.join(own)},乙\n{','.join(own)},2026-01-02\n")
    desk.say(
        ROWS.replace("甲", "_fate").replace(
            "乙]}", f"乙], group: {{by: [_own, 乙], sum: []}}, keep: [{{{own[1]}: _row}}]}}"
        )
    )

    assert desk.check()["refused"] is None
    assert desk.facts("events")[0]["firm"] == {"name": "_fate"}
