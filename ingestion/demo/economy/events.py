"""
What registers, courts, tax offices and news say of firms.

Kinds follow the early-warning catalogue; a firm on its way to failure has more of the bad ones,
and more of them the nearer the end is.
"""

import numpy as np
import polars as pl

from ingestion.demo.economy.world import World

A_FIRM_AND_YEAR = 0.16
BEFORE_FAILURE = 5.0
# Kind: source, chance among usual events, chance before a failure.
KINDS = (
    ("legal_person_change", "gsxt", 14, 6),
    ("address_change", "gsxt", 10, 3),
    ("capital_reduction", "gsxt", 2, 4),
    ("abnormal_list", "gsxt", 4, 7),
    ("equity_pledge", "gsxt", 5, 7),
    ("penalty", "gsxt", 8, 4),
    ("annual_report_late", "gsxt", 6, 4),
    ("contract_defendant", "court", 16, 14),
    ("loan_defendant", "court", 3, 9),
    ("executed", "court", 3, 10),
    ("consumption_limit", "court", 1, 6),
    ("asset_preservation", "court", 2, 7),
    ("labour_dispute", "court", 7, 7),
    ("tax_arrears", "tax", 3, 8),
    ("tax_grade_lowered", "tax", 3, 5),
    ("staff_reduction", "social_security", 5, 8),
    ("bill_overdue", "bill_exchange", 1, 7),
    ("loan_overdue", "bank", 1, 6),
    ("negative_news", "news", 8, 8),
    ("patent_granted", "patent_office", 18, 2),
)
MONEY = {"penalty", "contract_defendant", "loan_defendant", "executed", "tax_arrears"}


def events(made: World) -> pl.DataFrame:
    """Return events in the order of days, which count from the end."""
    random = made.plan.random("events")
    span = made.plan.months * 30
    usual = random.poisson(A_FIRM_AND_YEAR * span / 365, made.firms)
    fates = made.fates
    more = random.poisson(BEFORE_FAILURE, len(fates.failing))
    firm = np.concatenate([np.repeat(np.arange(made.firms), usual), np.repeat(fates.failing, more)])
    spot = random.random(len(firm))
    begins = np.concatenate(
        [np.full(int(usual.sum()), -span), np.repeat(fates.drifts_from_day, more)]
    )
    late = np.arange(len(firm)) >= usual.sum()
    day = np.where(late, begins * (1.0 - np.sqrt(spot)), begins * spot).astype(np.int64)
    chances = np.array([[kind[2] for kind in KINDS], [kind[3] for kind in KINDS]], dtype=float)
    upto = np.cumsum(chances / chances.sum(axis=1, keepdims=True), axis=1)
    drawn = random.random(len(firm))
    kind = np.minimum((upto[late.astype(int)] <= drawn[:, None]).sum(axis=1), len(KINDS) - 1)
    amount = np.round(np.exp(random.normal(12.0, 1.2, len(firm)))).astype(np.int64) * 100
    named = [KINDS[place][0] for place in kind.tolist()]
    worth = [each in MONEY for each in named]
    frame = pl.DataFrame(
        {
            "firm": firm,
            "day": day,
            "kind": pl.Series(named, dtype=pl.String),
            "amount_fen": pl.select(
                pl.when(pl.Series(worth, dtype=pl.Boolean)).then(pl.Series(amount))
            ).to_series(),
            "source": pl.Series([KINDS[place][1] for place in kind.tolist()], dtype=pl.String),
        }
    )
    frame = frame.unique(["firm", "day", "kind", "source"], maintain_order=True)
    return frame.sort("day", "firm", maintain_order=True)
