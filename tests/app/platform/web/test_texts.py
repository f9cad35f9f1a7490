"""The catalogue: complete, different, used, and with the same values in both languages."""

import re
import string
from pathlib import Path

import pytest

from app.chain.limits.words import labels
from app.platform.web.charts import GRADES
from app.platform.web.texts import LANGUAGES, Language, Texts, catalogue
from app.risk.stress.schemas import CHANNELS
from graph.interop.words import WORDS

ROOT = Path(__file__).parents[4]
SOURCES = [*(ROOT / "app").rglob("*.html"), *(ROOT / "app/platform/web").glob("*.py")]
SOURCES += (ROOT / "app").glob("*/*/*.py")
BUILT = (
    "absent_", "account_", "act_", "action_", "age_", "allocated_", "analysis_", "application_",
    "approval_", "asked_", "band_", "bar_", "base_", "binding_", "calendar_", "cash_",
    "changes_", "channel_", "claims_", "document_", "draft_order", "draft_question_",
    "draft_unit", "draw_check_", "due_", "effect_", "event_", "exposure_", "exposures_by_",
    "facet_", "family_", "fault_", "first_", "freeze_", "grade_", "group_", "hands_", "ink_",
    "issue_wrong_", "key_", "layer_", "level_", "loan_state_", "nav_", "no_limit_", "op_",
    "operation_", "order_refused_", "outcome_", "paper_", "part_", "party_", "payables_",
    "place_", "policy_name_", "purpose_", "raise_", "receivables_", "repay_mode_", "repayment_",
    "role_", "rule_", "share_", "shown_", "size_", "source_", "stated_", "statement_", "step_",
    "table_", "tie_", "tier_", "to_do_", "turn_", "unconfirmable_", "unfit_", "unfreeze_",
    "unit_", "use_", "way_", "why_",
    "request_", "requests_", "claimed_", "urgency_", "fee_", "handed_",
    "bank_loan_", "found_", "job_state_", "loan_class_", "owed_", "portfolio_refused_",
)  # fmt: skip


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def is_whole(words: dict[str, str]) -> bool:
    return (
        set(words) == set(LANGUAGES)
        and all(text.strip() for text in words.values())
        and words["zh"].strip() != words["en"].strip()
        and values(words["zh"]) == values(words["en"])
    )


def test_every_message_is_there_in_both_languages_and_not_the_same() -> None:
    assert [key for key, words in catalogue().items() if not is_whole(words)] == []


def test_chinese_messages_are_chinese_and_english_ones_are_not() -> None:
    chinese = re.compile("[\u3001-\u9fff\uff00-\uffef]")
    wrong = [
        key
        for key, words in catalogue().items()
        if chinese.search(words["en"]) or not chinese.search(words["zh"])
    ]

    assert wrong == ["other_language"]  # Names the other language in that language.


def test_every_message_that_pages_ask_for_is_in_the_catalogue_and_every_one_is_used() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    asked = set(re.findall(r"""\bt\(\s*["']([a-z_A-Z0-9-]+)["']\s*[,)]""", text))
    named = set(re.findall(r"""["']([a-z_]+)["']""", text))

    assert asked - set(catalogue()) == set()
    assert [k for k in catalogue() if k not in asked | named and not k.startswith(BUILT)] == []


def test_all_codes_have_words() -> None:
    t = Texts("zh")
    binding = ("need", "funding", "product_cap", "single_borrower_cap")
    facility = ("need_up_down", "rate_cap", "cash_cap", "legal_cap")

    for code in binding + facility:
        assert t.has(f"binding_{code}")
        assert t.has(f"why_{code}")
        assert code in labels()
    assert all(t.has(f"raise_{code}") for code in binding if code != "funding")
    assert all(t.has(f"channel_{c}") and t.has(f"channel_{c}_note") for c in CHANNELS)
    assert all(t.has(f"grade_{grade}") for grade in GRADES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_exported_chain_has_the_words_of_the_pages(language: Language) -> None:
    t, words = Texts(language), WORDS[language]

    assert words["core"] == t("core")
    assert [words["up"], words["down"]] == [
        t(f"tier_{end}", tier="{tier}") for end in ("up", "down")
    ]
    assert words["unrated"] == t("grade_-")
    assert [words[f"grade_{grade}"] for grade in GRADES] == [t(f"grade_{g}") for g in GRADES]


def test_all_reasons_and_sources_of_a_derivation_have_words() -> None:
    t = Texts("zh")
    text = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "app/chain/limits").rglob("*.py"))
    reasons = set(re.findall(r'(?:NO_[A-Z]+ = |absent\([^)]*)"([a-z0-9 ,]+)"\)?\n', text))
    kinds = {
        kind: set(re.findall(rf'\.{kind}\("([a-z ]+)"', text)) for kind in ("table", "analysis")
    }
    kinds["document"] = set(re.findall(r'"document": "([a-z]+)"', text))

    assert len(reasons) > 5
    assert [reason for reason in reasons if t.reason(reason) == reason] == []
    for kind, codes in kinds.items():
        assert [code for code in codes if not t.has(f"{kind}_{code}")] == [], kind


def test_reasons_are_told_part_by_part() -> None:
    told = Texts("en").reason("no loans given; no cash flow, cash or short debt; other")

    assert told == "no loans given; no cash flow, cash or short debt; other"
    assert Texts("zh").reason("no loans given; other") == "未提供贷款余额; other"


def test_a_message_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        Texts("en")("no such message")


def test_no_message_stands_twice_under_one_key() -> None:
    path = ROOT / "app/platform/web/messages.yml"
    keys = re.findall(r"^(\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(keys) == sorted(set(keys))
