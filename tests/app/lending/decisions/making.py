"""A case by hand: S2 of the worked example of docs/limits.md, who sells to S1 alone."""

import json
from typing import Any

from app.chain.limits.formulas.leaves import (
    ChainLeaves,
    ClaimKind,
    ClaimLeaves,
    CoreLeaves,
    FirmLeaves,
    HeldLeaves,
)
from app.chain.limits.formulas.limit import ChainPosition, ChainTerms, LimitLeaves
from app.lending.decisions.gathering import OF_LIMITS, OF_PRICES, values_of
from app.lending.decisions.plain import plain
from app.platform.events import canonical
from app.policy import shipped

E12 = 10**12
PLENTY = 10**13
SOLD = ClaimKind(verified=False, sold=True, troubled=False)
POLICY = shipped()[0]
CORE = CoreLeaves(
    *("C", "green", "R2", None, None, None, None, None),
    purchases_fen=146_000_000_000,
    sales_fen=0,
    confirmed_fen=9_600_000_000,
    vouchers_fen=0,
    reserved_fen=0,
)
CHAIN = ChainTerms(
    CORE, 14_400_000_000, ChainLeaves(4_800_000_000, 6_000_000_000, 900_000_000, 1_440_000_000)
)
S2 = FirmLeaves(None, None, None, 600_000_000, None, None, 7 * E12 // 10, "S1")


def claim(buyer: str = "S1", rows: int = 200_000_000, **more: Any) -> ClaimLeaves:
    known = {"estimated_fen": 0, "contra_fen": 0, "blue_fen": 600_000_000, "red_fen": 0}
    known |= {"disputed_fen": 0, "belonging_e12": E12 // 2} | more
    return ClaimLeaves(buyer, rows, kind=SOLD, **known)


def leaves(*claims: ClaimLeaves, firm: FirmLeaves = S2, base_total: int) -> LimitLeaves:
    position = ChainPosition(HeldLeaves(0), 0, base_total, base_total)
    return LimitLeaves(firm, CHAIN, position, 0, claims, (), None)


def told(
    amount_fen: int,
    *,
    of: LimitLeaves | None = None,
    total: int = 39_000_000,
    relation: int = 39_000_000,
    **more: Any,
) -> dict[str, Any]:
    """Return inputs as they are gathered; accounts but those of chain and relation have plenty."""
    of = of or leaves(claim(), base_total=140_000_000)
    totals = {"bank": PLENTY, "firm:S2": PLENTY, "core:C": 4_800_000_000}
    totals |= {"chain:C:S2": total, "relation:C:S2": relation}
    who = {"rule": "relation.base", "leaf": "base", "op": ">=", "value": 100_000}
    words = {"label": {"zh": "甲", "en": "a"}, "fix": {"zh": "乙", "en": "b"}}
    given = {
        "formula": 2,
        "code": "1",
        "id": "D1",
        "asked": {
            "core": "C",
            "firm": "S2",
            "product": "data-credit",
            "amount_fen": amount_fen,
            "tenor_days": 90,
            "tenor_months": None,
            "repayment": "bullet",
            "documents": [],
            "purpose": "",
            "programme": None,
        },
        "day": "2026-06-30",
        "tenor_days": 90,
        "head": {"version": 1, "run": "1-a", "book": 0, "policy": "p"},
        "models": [],
        "product": {
            "id": "data-credit",
            "version": "v",
            "path": "relation",
            "pd_max": "0.079",
            "amount_floor_fen": 100_000,
            "amount_cap_fen": 2_000_000_000,
            "rate_add": "0",
            "rate_floor": "0.02",
            "rate_cap": "0.18",
            "straight_through": True,
            "who": [who | words],
        },
        "values": {"limit": values_of(POLICY, OF_LIMITS), "price": values_of(POLICY, OF_PRICES)},
        "limit": plain(of),
        "loss_e12": 4 * E12 // 10,
        "elsewhere_e12": {"S1": E12 // 2},
        "payer": plain(of.firm),
        "path": [[name, 1, 2 if name == "core:C" else 1, 0, -1] for name in totals],
        "accounts": {name: [each, 0, 0, 0, 0, each, 0, 0, 0] for name, each in totals.items()},
        "open": [],
        "authority": [
            {"to_fen": 100_000_000, "hands": "machine", "level": None, "source": "s"},
            {"to_fen": None, "hands": "two", "level": "branch", "source": "s"},
        ],
    }
    read: dict[str, Any] = json.loads(canonical(given | more))
    return read
