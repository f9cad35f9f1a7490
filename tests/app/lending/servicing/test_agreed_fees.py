"""Fees from the product to the last payment: quoted, decided, signed, charged, paid."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.books.ledger.proof import verify
from app.lending.decisions.repository import one
from app.lending.products import book
from tests.app.chain.asking import Desk
from tests.app.chain.booked import set_up
from tests.app.lending.servicing.financed import (
    ACCOUNT,
    TERMS,
    closed,
    happened,
    loan,
    on_file,
    paper,
    signed,
)

PAPER = "receivable:R1"
FEES = """fees:
  - {id: arranging, labels: {zh: 手续费, en: Arrangement fee}, when: draw, share: "0.001"}
  - {id: early, labels: {zh: 提前还款费, en: Prepayment fee}, when: prepayment, share: "0.01"}
  - {id: service, labels: {zh: 服务费, en: Service fee}, when: due, fen: 500}
"""


@pytest.fixture
def desk(kept_desk: Desk) -> Desk:
    """Return a service whose book is new, with an account of MILL on file."""
    set_up(kept_desk.resources)
    on_file(kept_desk, "MILL")
    return kept_desk


def charges(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every product that is shipped charge fees."""
    for path in book.SHIPPED.iterdir():
        (folder / path.name).write_text(path.read_text("utf-8") + FEES, encoding="utf-8")
    monkeypatch.setattr(book, "SHIPPED", folder)


def drawn(desk: Desk, application: str) -> str:
    """Return the loan of an application that is drawn whole."""
    order = {"amount_fen": 2_000_000, "account": ACCOUNT}
    return str(desk.post("MILL", f"/applications/{application}/draw", order).json()["loan"])


def asked(**more: Any) -> dict[str, Any]:
    return {**TERMS, "core": "CORE1", "amount_fen": 2_000_000, "documents": [paper(PAPER)], **more}


def test_what_a_contract_says_of_fees_is_charged_and_its_document_pays_it_off_without_one(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    charges(tmp_path, monkeypatch)
    quote = desk.post("MILL", "/quotes", asked()).json()["schedule"]
    assert (quote["draw_fees_fen"], quote["total_fees_fen"]) == (2_000, 2_500)
    # (2,000,000 + 12,500 + 500) / (2,000,000 - 2,000) for 90 days of 365.
    assert quote["effective_rate"] == "0.0308"
    name = signed(desk, "MILL", 2_000_000, PAPER)
    file = desk.get("MILL", f"/applications/{name}/contract").json()["contract"]
    assert (file["template"], file["effective_rate"]) == ("loan-2", "0.0308")
    assert "Arrangement fee: on drawing, 0.1% of the amount" in file["text"]

    monkeypatch.undo()  # The product charges no more; what is agreed holds.
    made = drawn(desk, name)

    assert loan(desk, made)["owed"]["fees_fen"] == 2_000
    fees = [each for each in happened(desk, made) if each["operation"] == "loan.charge"]
    assert [(each["fee"], each["amount_fen"]) for each in fees] == [("arranging", 2_000)]
    assert desk.post("CORE1", "/receivables/R1/settle").json()["state"] == "paid"
    found = loan(desk, made)
    assert (found["state"], found["owed"]["all_fen"]) == ("repaid", 0)
    paid = next(each for each in happened(desk, made) if each["operation"] == "loan.pay")
    assert (paid["amount_fen"], paid["allocation"]["fees_fen"]) == (2_002_000, 2_000)
    decision = desk.get("officer", f"/applications/{name}").json()["decision"]["id"]
    assert desk.post("officer", f"/decisions/{decision}/replay").json()["same"] is True
    assert verify(desk.resources.records).ok


def test_what_was_signed_before_a_product_charged_fees_bears_none(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = signed(desk, "MILL", 2_000_000, PAPER)
    charges(tmp_path, monkeypatch)
    made = drawn(desk, name)
    closed(desk, "2026-09-28")

    found = loan(desk, made)["owed"]
    file = desk.get("MILL", f"/applications/{name}/contract").json()["contract"]
    decision = desk.get("officer", f"/applications/{name}").json()["decision"]["id"]
    kept = one(desk.resources.records, decision)

    assert kept is not None
    assert "fees" not in json.loads(kept.inputs)["product"]
    assert (file["template"], "fees" in file) == ("loan-1", False)
    assert (found["fees_fen"], found["interest_overdue_fen"]) == (0, 12_500)
    assert not [each for each in happened(desk, made) if each["operation"] == "loan.charge"]
