"""What is done with rows before they become facts: held, joined, kept, void, grouped, split."""

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ingestion.run import ingest

if TYPE_CHECKING:
    from tests.ingestion.descriptions.conftest import Desk

DAY = "2026-01-05"


def test_a_block_holds_down_and_its_own_blanks_stay(desk: "Desk") -> None:
    desk.house.write("a.csv", "码,方,日,额\n1,甲,2026-01-01,5\n,,2026-01-02,6\n,小计,,11\n"
        ",乙,2026-01-03,7\n,,2026-01-04,8\n")  # fmt: skip
    desk.say(
        """
        sets:
          rows: {files: '.*[.]csv', header: [码, 方], hold: {by: 方, columns: [码]},
                 keep: [{日: {blank: false}}]}
        tables:
        - {table: events, from: rows, columns: {firm: 方, happened_on: 日, kind: {const: x},
           source: 码}}
        """
    )
    said = desk.check()

    assert [(f["firm"]["name"], f.get("source")) for f in desk.facts("events")] == [
        ("甲", "1"), ("甲", "1"), ("乙", None), ("乙", None),
    ]  # fmt: skip
    assert (said["rows"], said["used"], said["set_aside"]) == (5, 4, {"left_out": 1})


def test_fields_of_documents_hold_down_like_columns(desk: "Desk") -> None:
    desk.house.write("a.jsonl", '{"f": ["甲", "丙"], "d": "2026-01-01"}\n{"d": "2026-01-02"}\n')
    desk.say(
        """
        sets:
          rows: {files: '.*[.]jsonl', json: lines, fields: {f: f, d: d},
                 hold: {by: f, columns: [f]}}
        tables:
        - {table: events, from: rows, columns: {firm: f, happened_on: d, kind: {const: x}}}
        """
    )
    desk.check()

    assert [fact["firm"]["name"] for fact in desk.facts("events")] == ["甲", "甲"]


def test_titles_of_groups_between_rows_and_repeated_headers_are_left_out(desk: "Desk") -> None:
    desk.house.write(
        "a.csv",
        "客户,号,日,额\n客户：甲公司,,,\n,1,2026-01-01,5\n客户,号,日,额\n客户：乙公司,,,\n"
        ",2,2026-01-02,6\n合计,,,11\n",
    )
    desk.say(
        """
        sets:
          rows: {files: '.*[.]csv', header: [客户, 号], hold: {by: 客户, columns: [客户]},
                 keep: [{号: {blank: false}}]}
        tables:
        - {table: events, from: rows, columns: {firm: {from: 客户, matching: '客户：(.+)'},
           happened_on: 日, kind: {const: x}, amount: 额}}
        """
    )
    said = desk.check()

    assert [f["firm"]["name"] for f in desk.facts("events")] == ["甲公司", "乙公司"]
    assert (said["rows"], said["set_aside"]) == (6, {"left_out": 4})


def test_two_joins_look_into_one_set_and_one_into_another(desk: "Desk") -> None:
    desk.house.write(
        "rows.csv", "号,卖,买,区,日,额\n1,007,8,N,2026-01-01,5\n2,8,9,S,2026-01-01,6\n"
    )
    desk.house.write("firms.csv", "编,名\n7,甲\n0008,乙\n11,丁\n")
    desk.house.write("areas.csv", "区,货\nN,铁\nN,铜\nN,铁\n")
    desk.say(
        """
        sets:
          rows:
            files: 'rows[.]csv'
            header: [号, 卖]
            joins:
            - {set: firms, ours: 卖, theirs: 编, take: {卖名: 名}, strip_zeros: true}
            - {set: firms, ours: 买, theirs: 编, take: {买名: 名}, strip_zeros: true,
               missing: set_aside}
            - {set: areas, ours: [区], take: {货物: 货}}
          firms: {files: 'firms[.]csv', header: [编, 名]}
          areas: {files: 'areas[.]csv', header: [区, 货]}
        tables:
        - {table: invoices, from: rows, columns: {number: 号, issued_on: 日, seller: 卖名,
           buyer: 买名,
           amount: 额, goods: {all: 货物}}}
        """
    )
    said = desk.check()

    (fact,) = desk.facts("invoices")
    assert (fact["seller"], fact["buyer"], fact["goods"]) == (
        {"name": "甲"},
        {"name": "乙"},
        "铁；铜",
    )
    assert said["set_aside"] == {"unmatched": 1}
    looked = {each["set"]: (each["rows"], each["matched"]) for each in said["lookups"]}
    assert looked == {"firms": (3, 2), "areas": (3, 3)}


def test_rows_of_a_group_are_one_with_one_fate_and_count_as_lines(desk: "Desk") -> None:
    desk.house.write(
        "a.csv",
        '证,摘,方,日,额,货\n1,a,甲,2026-01-01,"1,000.50",铁\n1,b,,2026-01-01,-0.50,铜\n'
        "2,c,,2026-01-02,5,铁\n2,d,乙,2026-01-02,5,铁\n3,合计,,,9,\n",
    )
    desk.say(
        """
        sets:
          rows: {files: '.*[.]csv', header: [证, 方], keep: [{摘: {not: 合计}}],
                 group: {by: [证], sum: [额]}}
        tables:
        - {table: events, from: rows, columns: {firm: 方, happened_on: 日, kind: {all: 货},
           amount: 额}}
        """
    )
    said = desk.check()

    (fact,) = desk.facts("events")
    assert (fact["firm"], fact["kind"], fact["amount_fen"]) == ({"name": "甲"}, "铁；铜", 100000)
    assert (said["rows"], said["used"]) == (5, 2)
    assert said["set_aside"] == {"left_out": 1, "missing": 2}


def test_a_group_that_loses_a_row_gives_no_sum(desk: "Desk") -> None:
    desk.house.write("a.csv", f"号,方,日,额\n1,甲,{DAY},5\n1,甲,{DAY},1,5\n2,乙,{DAY},7\n")
    desk.say(
        """
        sets:
          rows: {files: 'a.*', header: [号, 方], group: {by: 号, sum: 额}}
        tables:
        - {table: events, from: rows, columns: {firm: 方, happened_on: 日, kind: {const: x},
           amount: 额}}
        """
    )
    said = desk.check()

    assert [fact["amount_fen"] for fact in desk.facts("events")] == [700]
    assert (said["rows"], said["used"], said["set_aside"]) == (3, 1, {"unreadable": 2})


def test_a_row_of_two_tables_counts_once_and_gives_all_or_none(desk: "Desk") -> None:
    desk.house.write(
        "a.csv",
        "号,卖,买,日,额,止\n1,甲,乙,2026-01-01,5,2026-03-01\n2,甲,乙,2026-01-02,6,2025-01-01\n"
        "3,甲,乙,2026-01-03,x,2026-03-01\n4,甲,乙,2026-01-04,7,\n4,甲,乙,2026-01-04,7,\n",
    )
    desk.say(
        """
        sets:
          rows: {files: '.*[.]csv', header: [号, 卖]}
        tables:
        - {table: invoices, from: rows, columns: {number: 号, issued_on: 日, seller: 卖,
           buyer: 买, amount: 额}}
        - {table: receivables, from: rows, keep: [{止: {blank: false}}],
           columns: {number: 号, issued_on: 日, seller: 卖, buyer: 买, amount: 额, due_on: 止}}
        """
    )
    said = desk.check()

    assert [f["number"] for f in desk.facts("invoices")] == ["1", "4"]
    assert [f["number"] for f in desk.facts("receivables")] == ["1"]
    assert (said["rows"], said["used"]) == (5, 2)
    assert said["set_aside"] == {"bad_amount": 1, "due_before_issued": 1, "duplicate": 1}
    assert said["files"][0]["set_aside"] == said["set_aside"]


def test_one_row_gives_two_facts_of_one_table_and_counts_once(desk: "Desk") -> None:
    desk.house.write("a.csv", "甲方,乙方,日\nA,B,2026-01-01\nC,,2026-01-02\n")
    desk.say(
        """
        sets:
          rows: {files: '.*[.]csv', header: [甲方]}
        tables:
        - {table: events, from: rows, columns: {firm: 甲方, happened_on: 日, kind: {const: x}}}
        - {table: events, from: rows, columns: {firm: 乙方, happened_on: 日, kind: {const: y}}}
        """
    )
    said = desk.check()

    assert sorted(f["firm"]["name"] for f in desk.facts("events")) == ["A", "B"]
    assert (said["rows"], said["used"], said["set_aside"]) == (2, 1, {"missing": 1})


def test_firms_beside_others_fill_blanks_and_set_nothing_aside(desk: "Desk") -> None:
    desk.house.write(
        "a.csv",
        "方,被,比,区,立\n甲,乙,0.5,东,\n丙,乙,0.1,,2001-01-01\n甲,丁,2,北,2002-02-02\n"
        "丙,戊,0.1,西,soon\n",
    )
    desk.say(
        """
        sets:
          rows: {files: '.*[.]csv', header: [方]}
        tables:
        - {table: holdings, from: rows, columns: {owner: 方, owned: 被, share: 比}}
        - {table: firms, from: rows, columns: {name: 被, region: 区, founded_on: 立}}
        """
    )
    said = desk.check()

    assert desk.facts("firms") == [
        {"name": "乙", "region": "东", "founded_on": "2001-01-01"},
        {"name": "戊", "region": "西"},
    ]
    assert (said["rows"], said["used"], said["set_aside"]) == (4, 3, {"bad_number": 1})


def test_void_rows_take_back_what_an_earlier_import_gave(desk: "Desk") -> None:
    text = """
        sets:
          rows: {files: '.*[.]csv', header: [号, 卖], void: [{态: 撤}]}
        tables:
        - {table: receivables, from: rows, columns: {number: 号, issued_on: 日, seller: 卖,
           buyer: 买, amount: 额, due_on: 止}}
        """
    desk.say(text)
    desk.house.write(
        "a.csv",
        "号,卖,买,日,额,止,态\n1,甲,乙,2026-01-01,5,2026-03-01,\n"
        "2,甲,乙,2026-01-01,5,2026-03-01,\n",
    )
    desk.house.take("own")
    desk.house.write("a.csv", "号,卖,买,日,额,止,态\n1,甲,乙,2026-01-01,5,2026-03-01,撤\n")

    outcome = desk.house.take("own")

    assert outcome.set_aside == {"void": 1}
    assert [row["number"] for row in desk.house.rows("receivables")] == ["2"]


def test_another_currency_is_left_out_and_counted(desk: "Desk") -> None:
    desk.house.write(
        "a.csv", "方,日,额,币\n甲,2026-01-01,5,人民币\n乙,2026-01-01,5,USD\n丙,2026-01-01,5,\n"
    )
    desk.say(
        """
        sets:
          rows: {files: '.*[.]csv', header: [方]}
        tables:
        - {table: events, from: rows, columns: {firm: 方, happened_on: 日, kind: {const: x},
           amount: 额, currency: 币}}
        """
    )
    said = desk.check()

    assert (said["used"], said["set_aside"], said["currencies"]) == (2, {"left_out": 1}, {"USD": 1})


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("{方: 甲}", "甲"), ("{方: [甲, 丙]}", "甲丙"), ("{额: {blank: true}}", "丙"),
        ("{方: {not: [甲, 乙]}}", "丙丁"), ("{方: {matches: '[甲乙]'}}", "甲乙"),
        ("{方: {differs_from: 他}}", "甲丙丁"), ("{额: {zero: true}}", "丙丁"),
        ("{positive: 额}", "甲"), ("{any: [{方: 甲}, {他: {blank: true}}]}", "甲丙"),
        ("{方: {not: 甲}, 额: {zero: false}}", "乙"),
    ],
)  # fmt: skip
def test_conditions_say_which_rows_are_kept(desk: "Desk", condition: str, kept: str) -> None:
    desk.house.write("a.csv", "方,他,额,日\n甲,乙,5.00,2026-01-01\n乙,乙,(5),2026-01-01\n"
        "丙,,,2026-01-01\n丁,甲,0.00,2026-01-01\n")  # fmt: skip
    desk.say(
        f"""
        sets:
          rows: {{files: '.*[.]csv', header: [方, 他], keep: [{condition}]}}
        tables:
        - {{table: events, from: rows, columns: {{firm: 方, happened_on: 日, kind: {{const: x}}}}}}
        """
    )
    desk.check()

    assert "".join(f["firm"]["name"] for f in desk.facts("events")) == kept


def test_a_query_goes_on_where_it_ended(desk: "Desk") -> None:
    path = desk.house.home / "x.db"
    variable = {"DEEPTIER_SOURCE_X": f"sqlite:///{path}"}
    with sqlite3.connect(path) as database:
        database.execute("create table t (id integer, n text, d text)")
        database.execute("insert into t values (1, '甲', '2026-01-01'), (2, '乙', '2026-01-02')")
    database.commit()
    desk.say(
        """
        sets:
          rows: {query: 'SELECT id, n, d FROM t WHERE id > :since ORDER BY id',
                 address_from: DEEPTIER_SOURCE_X, since: id, since_first: '0'}
        tables:
        - {table: events, from: rows, columns: {firm: n, happened_on: d, kind: {const: x}}}
        """
    )
    first = ingest("own", [], job=replace(desk.house.job, environ=variable))
    database.execute("insert into t values (3, '丙', '2026-01-03')")
    database.commit()
    database.close()
    second, third = (
        ingest("own", [], job=replace(desk.house.job, environ=variable)) for _ in range(2)
    )

    assert (first.used, second.used, third.used) == (2, 1, 0)
    assert (second.published, third.published) == (True, False)


JOINED = """
    sets:
      rows: {files: 'a.*', header: [方], joins: [{set: firms, ours: 码, take: {名: 名},
             missing: set_aside}]}
      firms: {files: 'b.*', header: [码, 名], void: [{态: 废}]}
    tables:
    - {table: events, from: rows, columns: {firm: 名, happened_on: 日, kind: {const: x}}}
    """


def test_what_is_void_is_not_found_by_a_join(desk: "Desk") -> None:
    desk.house.write("a.csv", "方,码,日\n甲,1,2026-01-01\n乙,2,2026-01-01\n")
    desk.house.write("b.csv", "码,名,态\n1,A,废\n2,B,\n")
    desk.say(JOINED)
    said = desk.check()

    assert (said["used"], said["set_aside"]) == (1, {"unmatched": 1})
    assert [fact["firm"]["name"] for fact in desk.facts("events")] == ["B"]


def test_a_set_to_look_into_without_a_file_is_told_and_a_refused_trial_leaves_no_facts(
    desk: "Desk",
) -> None:
    desk.house.write("a.csv", "方,码,日\n甲,1,2026-01-01\n")
    (desk.house.home / "facts.jsonl").write_text("of an earlier trial")
    desk.say(JOINED)
    said = desk.check()

    assert said["notes"][0] == "no file is given for set firms: joins into it find nothing"
    assert desk.facts("events") == []
    assert said["set_aside"] == {"unmatched": 1}
