"""What a contract says, to the byte, in each language."""

import hashlib
import json
from pathlib import Path

import pytest

from app.lending.contracts.canonical import contract_document, digest
from app.lending.contracts.forms import Language
from app.lending.contracts.wording import SHIPPED, text_of, wordings
from app.lending.loans.fees import SHARED, FeeOf, fees_of
from app.lending.products.forms import PaperKind, Purpose, RepaymentKind
from app.platform.errors import Unready
from app.platform.events import canonical
from tests.app.lending.contracts.making import CREDIT, FACTS, WITH_FEES

SERVICE = (
    "Service fee: on each due day, 0.05% of principal and interest due, "
    "at least CNY 1.00, at most CNY 900.00"
)
GOLDEN = Path(__file__).parent / "golden"
# A template that something was signed by never changes: another text is another file.
TEMPLATES = {
    "loan-1": "532f74b913ba051a45b294031442f82ee74cbb0a544aae603321d9d95e091cd1",
    "loan-2": "b421278c5a9c03c83ad867fbef3eccd52aa6ef6e5237a9794cd9c1f81fae5e61",
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_bytes_of_a_contract_are_those_of_the_golden_file(language: Language) -> None:
    contract = contract_document(FACTS[language])
    written = canonical(contract).encode()

    assert written == (GOLDEN / f"{language}.json").read_bytes()
    assert digest(contract) == hashlib.sha256(written).hexdigest()


def test_templates_stay_as_they_are() -> None:
    found = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in SHIPPED.iterdir()}
    assert found == TEMPLATES


def test_the_languages_of_a_template_say_the_same_clauses_and_words() -> None:
    needed = {word for kind in (PaperKind, Purpose, RepaymentKind) for word in kind.__args__}
    of_fees = {f"fee_{when}" for when in SHARED} | {f"fee_of_{of}" for of in FeeOf.__args__}
    of_fees |= {f"fee_{each}" for each in ("fixed", "share", "floor", "cap", "beyond")}

    for template, words in (("loan-1", needed), ("loan-2", needed | of_fees)):
        zh, en = (wordings(template)[language] for language in ("zh", "en"))
        assert [each.when for each in zh.clauses] == [each.when for each in en.clauses]
        assert zh.words.keys() == en.words.keys() == words


def test_a_contract_with_fees_says_each_and_what_it_costs_with_them() -> None:
    said = {language: text_of(WITH_FEES._replace(language=language)) for language in FACTS}
    contract = contract_document(WITH_FEES)

    for line in (
        "Arrangement fee: on drawing, 0.1% of the amount",
        SERVICE,
        "Prepayment fee: when principal is repaid early, CNY 50.00 each time",
        "No. 1, due 2026-07-30: principal CNY 500,000.00, interest CNY 4,458.33, fees CNY 252.23",
    ):
        assert f"\n{line}\n" in said["en"]
    assert "the fees are CNY 1,503.75, of them CNY 1,000.00 on drawing" in said["en"]
    assert "costs 6.42% a year" in said["en"]
    assert "\n服务费：每期到期日，按该期应还本息的 0.05% 收取，最低人民币 1.00 元，" in said["zh"]
    assert "年化综合成本（内部收益率，一年365天，复利）为 6.42%" in said["zh"]
    assert fees_of(json.loads(canonical(contract))["fees"]) == WITH_FEES.terms.fees
    assert not {"fees", "effective_rate"} & contract_document(FACTS["en"]).keys()


def test_what_does_not_apply_is_not_said() -> None:
    credit = text_of(FACTS["en"])
    discounted = text_of(FACTS["zh"])

    assert "Security" in credit
    assert "Discount" not in credit
    assert "core enterprise" not in credit
    assert "2 months" in credit
    assert "5.35%" in credit
    assert "贴现" in discounted
    assert "华东汽车集团" in discounted
    assert "应收账款 R-1" in discounted
    assert "信用融资" not in discounted


def test_a_name_that_looks_like_a_template_stays_a_name() -> None:
    facts = FACTS["en"]
    odd = facts._replace(firm=facts.firm._replace(name="$amount {rate} %s"))
    assert "$amount {rate} %s" in text_of(odd)


def test_every_fact_moves_the_bytes() -> None:
    facts = FACTS["en"]
    known = digest(contract_document(facts))
    others = [
        facts._replace(application="A9"),
        facts._replace(firm=facts.firm._replace(id="MILL2")),
        facts._replace(terms=CREDIT._replace(amount_fen=CREDIT.amount_fen + 1)),
        facts._replace(terms=CREDIT._replace(rate="0.0536")),
        facts._replace(terms=CREDIT._replace(schedule=CREDIT.schedule[:1])),
        facts._replace(language="zh"),
    ]
    digests = {digest(contract_document(each)) for each in others}
    assert len(digests | {known}) == len(others) + 1


@pytest.mark.parametrize("name", ["loan-0", "../wordings/loan-1", ""])
def test_an_unknown_template_is_refused(name: str) -> None:
    with pytest.raises(Unready, match="no contract template"):
        text_of(FACTS["en"]._replace(template=name))
