"""Contracts that tests sign."""

from decimal import Decimal

from app.lending.contracts.canonical import contract_document, contract_file, digest, statement
from app.lending.contracts.forms import (
    AgreedTerms,
    ContractDocument,
    ContractFacts,
    Instalment,
    Language,
    Party,
    Signature,
)
from app.lending.contracts.signing import Ed25519Signing, Signer
from app.lending.loans.fees import FeeTerms

SECRET = b"a secret of tests"
AT = "2026-07-15T09:00:00.000000Z"
CREDIT = AgreedTerms(
    product=Party("data-credit", "Data credit"),
    amount_fen=100_000_001,
    proceeds_fen=100_000_001,
    rate="0.0535",
    day_base=360,
    penalty_factor="1.5",
    tenor_days=None,
    tenor_months=2,
    repayment="equal_principal",
    purpose="working_capital",
    documents=(),
    schedule_from="2026-06-30",
    schedule=(
        Instalment(1, "2026-07-30", 50_000_000, 445_833),
        Instalment(2, "2026-08-30", 50_000_001, 230_347),
    ),
)
DISCOUNT = AgreedTerms(
    product=Party("document-finance", "单证融资"),
    amount_fen=30_000_000,
    proceeds_fen=29_610_000,
    rate="0.052",
    day_base=360,
    penalty_factor="1.5",
    tenor_days=90,
    tenor_months=None,
    repayment="discount",
    purpose="procurement",
    documents=(ContractDocument("receivable", "R-1", 40_000_000),),
    schedule_from="2026-06-30",
    schedule=(Instalment(1, "2026-09-28", 30_000_000, 0),),
)
FACTS: dict[Language, ContractFacts] = {
    "en": ContractFacts(
        "loan-1",
        "en",
        "A1",
        "D1",
        Party("bank", "Head office"),
        Party("MILL", 'Mill "One" Ltd'),
        None,
        CREDIT,
    ),
    "zh": ContractFacts(
        "loan-1",
        "zh",
        "A2",
        "D2",
        Party("bank", "总行"),
        Party("MILL", "苏州轧钢有限公司"),
        Party("CORE1", "华东汽车集团"),
        DISCOUNT,
    ),
}

FEES = (
    FeeTerms("arranging", "手续费", "Arrangement fee", "draw", "amount", None, Decimal("0.001")),
    FeeTerms(
        *("service", "服务费", "Service fee", "due", "instalment"),
        *(None, Decimal("0.0005"), 100, 90_000),
    ),
    FeeTerms("early", "提前还款费", "Prepayment fee", "prepayment", "prepaid", 5_000, None),
)
WITH_FEES = FACTS["en"]._replace(
    template="loan-2",
    terms=CREDIT._replace(
        fees=FEES,
        draw_fees_fen=100_000,
        total_fees_fen=150_375,
        effective_rate="0.0642",
        schedule=tuple(
            each._replace(fees_fen=fen)
            for each, fen in zip(CREDIT.schedule, (25_223, 25_152), strict=True)
        ),
    ),
)


def signer() -> Signer:
    service = Ed25519Signing(SECRET)
    made = service.opened(service.make())
    assert made is not None
    return made


def sign(facts: ContractFacts, **signers: Signer) -> bytes:
    """Return a contract signed by both; who signs for the firm or the bank may be given."""
    contract = contract_document(facts)
    signatures = []
    for role, party, person in (("firm", facts.firm, "ann"), ("bank", facts.bank, "bank")):
        by = signers.get(role) or signer()
        bare = Signature(role, party.id, person, f"{party.id} {person} 1", by.public_key, AT, "")
        signatures.append(bare._replace(signature=by.sign(statement(digest(contract), bare))))
    return contract_file(contract, signatures)
