"""Product files: strict, dated, and in force on a day; whatever is wrong is named with its line."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.books.rules import Rulebook
from app.lending.products.book import SHIPPED, ProductBook, load_products, read_product
from app.lending.products.fees import PREPAYMENT_FREE, charged_by, terms_of_fees
from app.platform.errors import Unready
from graph.errors import InvalidInput

DAY = dt.date(2026, 6, 30)
DATA_CREDIT = (SHIPPED / "data-credit.yml").read_text(encoding="utf-8")
DOCUMENTS = (SHIPPED / "document-finance.yml").read_text(encoding="utf-8")


def written(folder: Path, name: str, *changes: tuple[str, str], text: str = DATA_CREDIT) -> Path:
    """Write a shipped product with some of its lines as a test wants them."""
    for line, instead in changes:
        assert f"\n{line}\n" in text
        text = text.replace(f"\n{line}\n", f"\n{instead}\n")
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_the_shipped_products_are_documents_data_credit_and_orders() -> None:
    held = {each.terms.id: each.terms for each in ProductBook(None).on(DAY)}

    assert {name: each.path for name, each in held.items()} == {
        "data-credit": "relation",
        "document-finance": "documents",
        "order-finance": "relation",
    }
    assert held["document-finance"].documents == ["receivable", "voucher"]
    assert all(each.amount_cap_fen is None for each in held.values())
    assert all(each.source and each.who for each in held.values())
    assert all(each.labels.zh != each.labels.en for each in held.values())


RULE = "  - rule: relation.base"


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("path: relation", "path: air", r"path \(line 8\): must be 'documents', 'relation' or"),
        ("path: relation", "colour: red", r"\['path.*unknown values \['colour \(line 8"),
        ("schema: 1", "schema: 2", r"schema \(line 2\): must be 1"),
        ("id: data-credit", "id: Data Credit", r"id \(line 3\)"),
        ("from: 2015-01-01", "from: soon", r"from \(line 4\): must be a date"),
        ("to: null", "to: 2014-12-31", r"to \(line 5\): must not be below from, which is 2015"),
        ("purpose: [working_capital]", "purpose: []", r"purpose \(line 9\)"),
        ("purpose: [working_capital]", "purpose: [fun]", r"purpose.0 \(line 9\): must be"),
        ("amount_floor_fen: 100000", "amount_floor_fen: 0", r"amount_floor_fen \(line 10\)"),
        ("amount_floor_fen: 100000", 'amount_floor_fen: "1"', r"\(line 10\): must be a whole"),
        ("amount_cap_fen: null", "amount_cap_fen: 99999", r"amount_cap_fen \(line 11\): must not"),
        ("tenor_floor_days: 1", "tenor_floor_days: 0", r"tenor_floor_days \(line 12\)"),
        ("tenor_cap_days: 1096", "tenor_cap_days: 99999", r"tenor_cap_days \(line 13\): must be"),
        ("tenor_floor_days: 1", "tenor_floor_days: 2000", r"tenor_cap_days \(line 13\): must not"),
        ('rate_floor: "0.02"', "rate_floor: 0.02", r"rate_floor \(line 15\): write the number in"),
        ('rate_floor: "0.02"', 'rate_floor: "0.02001"', r"\(line 15\): must be in whole basis"),
        ('rate_cap: "0.18"', 'rate_cap: "0.01"', r"rate_cap \(line 16\): must not be below rate_f"),
        ('rate_cap: "0.18"', 'rate_cap: "1.8"', r"rate_cap \(line 16\): a share is at most 1"),
        ('rate_add: "0"', 'rate_add: "-1"', r"rate_add \(line 17\)"),
        ("budget_fen: null", "budget_fen: -1", r"budget_fen \(line 18\): must not be below 0"),
        ('pd_max: "0.079"', 'pd_max: "many"', r"pd_max \(line 19\): 'many' is not a number"),
        ("straight_through: true", "straight_through: yes", r"\(line 20\): must be true or false"),
        ("documents: []", "documents: [voucher]", r"documents \(line 21\): is for products on doc"),
        (RULE, f"{RULE}\n    colour: red", r"unknown values \['who.0.colour \(line 24\)'\]"),
        ("    leaf: base", "    leaf: luck", r"who.0.leaf \(line 24\): must be 'held'"),
        ('    op: ">="', '    op: "~"', r"who.0.op \(line 25\): must be"),
        ("    value: 100000", "    value: much", r"who.0.\(line 26\)|who.0 \(line 26\)"),
        ('source: "Design default of the bank; to be set by the credit committee"', "source: ' '",
         r"source \(line 6\): must not be blank"),
        ("labels: {zh: 数据贷, en: Data credit}", "labels: {zh: 数据贷}", r"labels.en \(line 7\)"),
        ("to: null", "to: null\nto: null", r"the keys \['to'\] stand twice"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_file_key_and_line(
    tmp_path: Path, line: str, instead: str, said: str
) -> None:
    path = written(tmp_path, "mine.yml", (line, instead))

    with pytest.raises(InvalidInput, match=rf"^mine\.yml: .*({said})"):
        read_product(path)


def test_every_kind_of_repayment_stands_once_and_discounts_are_of_documents(tmp_path: Path) -> None:
    kinds = "repayment: [bullet, bullet_monthly, equal_principal, equal_instalment]"
    for told, said in (
        ("[discount]", "discount is for products on documents alone"),
        ("[bullet, bullet]", "says something twice"),
        ("[]", "at least 1 item"),
        ("[balloon]", "must be 'bullet'"),
    ):
        path = written(tmp_path, "mine.yml", (kinds, f"repayment: {told}"))
        with pytest.raises(InvalidInput, match=rf"repayment\S* \(line 14\): .*{said}"):
            read_product(path)


def test_a_product_on_documents_names_them(tmp_path: Path) -> None:
    path = written(
        tmp_path, "m.yml", ("documents: [receivable, voucher]", "documents: []"), text=DOCUMENTS
    )

    with pytest.raises(InvalidInput, match=r"documents \(line \d+\): is for products on documents"):
        read_product(path)


def test_without_a_core_cap_and_budget_are_stated(tmp_path: Path) -> None:
    path = written(tmp_path, "mine.yml", ("path: relation", "path: own"))
    with pytest.raises(InvalidInput, match=r"amount_cap_fen \(line 11\): must be stated.*budget_f"):
        read_product(path)

    stated = [("amount_cap_fen: null", "amount_cap_fen: 500000")]
    stated += [("budget_fen: null", "budget_fen: 900000"), ("path: relation", "path: own")]
    assert read_product(written(tmp_path, "mine.yml", *stated)).terms.budget_fen == 900_000


FEES = """fees:
  - id: service
    labels: {zh: 服务费, en: Service fee}
    when: due
    share: "0.0005"
    of: instalment
    floor_fen: 100
    cap_fen: 900
"""


def test_no_product_shipped_has_fees_and_one_of_a_bank_may(tmp_path: Path) -> None:
    assert all(not each.terms.fees for each in ProductBook(None).every())

    path = written(tmp_path, "mine.yml", text=DATA_CREDIT + FEES)

    (found,) = terms_of_fees(read_product(path).terms.fees)
    assert (found.when, found.of, found.zh) == ("due", "instalment", "服务费")
    assert [found.comes_to(base) for base in (0, 100, 1_000_000, 10**9)] == [0, 100, 500, 900]


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("    when: due", "    when: often", r"fees.0.when \(line 32\): must be 'draw', 'due'"),
        ("    when: due", "    when: draw", r"fees.0.of \(line 34\): a share of draw is one of am"),
        (
            '    share: "0.0005"',
            '    share: "2"',
            r"fees.0.share \(line 33\): a share is at most 1",
        ),
        ('    share: "0.0005"', "    share: 0.5", r"fees.0.share \(line 33\): write the number in"),
        ('    share: "0.0005"', '    share: "0"', r"fees.0.share \(line 33\): must be above 0"),
        ("    of: instalment", "    fen: 5", r"fees.0.share \(line 33\): .*either fen or a share"),
        ("    of: instalment", "    colour: red", r"unknown values \['fees.0.colour \(line 34\)'"),
        ("    floor_fen: 100", "    floor_fen: 0", r"fees.0.floor_fen \(line 35\)"),
        (
            "    cap_fen: 900",
            "    cap_fen: 99",
            r"fees.0.cap_fen \(line 36\): must not be below fl",
        ),
        ('    share: "0.0005"', "    fen: 7", r"fees.0.of \(line 34\): is said of a share alone"),
        ("  - id: service", "  - id: Mine!", r"fees.0.id \(line 30\)"),
    ],
)
def test_a_fault_of_a_fee_is_named_with_its_line(
    tmp_path: Path, line: str, instead: str, said: str
) -> None:
    path = written(tmp_path, "mine.yml", (line, instead), text=DATA_CREDIT + FEES)

    with pytest.raises(InvalidInput, match=rf"^mine\.yml: .*({said})"):
        read_product(path)


@pytest.mark.parametrize(
    ("size", "charged"),
    [("large", 2), ("medium", 2), ("small", 1), ("micro", 1), (None, 1)],
)
def test_small_and_micro_firms_pay_no_fee_of_a_prepayment_where_the_rules_say_so(
    tmp_path: Path, size: str | None, charged: int
) -> None:
    early = FEES.partition("\n")[2].replace("service", "early").replace("due", "prepayment")
    early = early.replace("instalment", "prepaid")
    path = written(tmp_path, "mine.yml", text=DATA_CREDIT + FEES + early)
    entries, rules = read_product(path).terms.fees, Rulebook(None).on(DAY)

    assert len(charged_by(entries, size, rules)) == charged
    free = replace(rules, held={k: v for k, v in rules.held.items() if k != PREPAYMENT_FREE})
    assert len(charged_by(entries, size, free)) == 2


def test_two_fees_have_two_names(tmp_path: Path) -> None:
    twice = DATA_CREDIT + FEES + FEES.partition("\n")[2]

    with pytest.raises(InvalidInput, match=r"fees \(line 29\): says something twice"):
        read_product(written(tmp_path, "mine.yml", text=twice))


def test_two_requirements_have_two_names(tmp_path: Path) -> None:
    entry = DATA_CREDIT.partition("who:\n")[2]
    path = written(tmp_path, "mine.yml", text=DATA_CREDIT + entry)

    with pytest.raises(InvalidInput, match=r"who \(line 22\): says something twice"):
        read_product(path)


class TestProductsInTime:
    """Which file of a product holds on a day, and which go together."""

    FOLLOWS = ("from: 2015-01-01", "from: 2026-07-01")

    def test_the_latest_that_has_begun_is_in_force(self, tmp_path: Path) -> None:
        written(tmp_path / "products", "a.yml")
        written(tmp_path / "products", "b.yml", self.FOLLOWS, ('rate_add: "0"', 'rate_add: "0.01"'))
        told = {
            day: [str(each.terms.rate_add) for each in ProductBook(tmp_path).on(day)]
            for day in (dt.date(2014, 12, 31), DAY, dt.date(2026, 7, 1))
        }

        assert [*told.values()] == [[], ["0"], ["0.01"]]

    def test_one_holds_on_its_last_day_and_no_longer(self, tmp_path: Path) -> None:
        written(tmp_path / "products", "a.yml", ("to: null", "to: 2026-06-30"))
        book = ProductBook(tmp_path)

        assert len(book.on(DAY)) == 1
        assert book.on(DAY + dt.timedelta(days=1)) == []

    @pytest.mark.parametrize(
        ("first", "second", "said"),
        [
            ({}, {}, r"b.yml: from \(line 4\): a.yml begins on 2015-01-01 too"),
            (
                {"to: null": "to: 2026-07-01"},
                {FOLLOWS[0]: FOLLOWS[1]},
                r"b.yml: from \(line 4\): 2026-07-01 lies in the time of a.yml, which ends on 2026",
            ),
            (
                {"budget_fen: null": "budget_fen: 5"},
                {FOLLOWS[0]: FOLLOWS[1]},
                r"b.yml: budget_fen \(line 18\): must be stated: a.yml gave the product an account",
            ),
        ],
    )
    def test_files_that_do_not_go_together_are_refused(
        self, tmp_path: Path, first: Mapping[str, str], second: Mapping[str, str], said: str
    ) -> None:
        written(tmp_path, "a.yml", *first.items())
        written(tmp_path, "b.yml", *second.items())

        with pytest.raises(InvalidInput, match=said):
            load_products(tmp_path)

    def test_products_do_not_get_into_each_others_way(self, tmp_path: Path) -> None:
        written(tmp_path, "a.yml")
        written(tmp_path, "b.yml", text=DOCUMENTS)

        assert len(load_products(tmp_path)) == 2

    def test_the_faults_of_all_files_are_told_at_once(self, tmp_path: Path) -> None:
        for name in ("a.yml", "b.yml"):
            written(tmp_path, name, ("to: null", "to: never"))

        with pytest.raises(InvalidInput, match=r"(?s)a\.yml: to \(line 5\).*b\.yml: to \(line 5\)"):
            load_products(tmp_path)

    def test_an_edited_file_is_another_version(self, tmp_path: Path) -> None:
        before = read_product(written(tmp_path, "a.yml")).version
        after: Any = read_product(written(tmp_path, "a.yml", ('rate_add: "0"', 'rate_add: "0.1"')))

        assert before != after.version
        assert before.startswith("data-credit-2015-01-01-")

    def test_a_folder_that_cannot_be_used_is_not_the_reader_s_fault(self, tmp_path: Path) -> None:
        (tmp_path / "products").mkdir()
        for said in ("no product file", r"mine\.yml: path \(line 8\)"):
            with pytest.raises(Unready, match=said):
                ProductBook(tmp_path).on(DAY)
            written(tmp_path / "products", "mine.yml", ("path: relation", "path: air"))
