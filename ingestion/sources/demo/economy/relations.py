"""Orders, vouchers, holdings, guarantees and events of an economy."""

import numpy as np
import polars as pl

from ingestion.sources.demo.economy.papers import Span, ids
from ingestion.sources.demo.economy.world import Rows, World

Hidden = tuple[pl.DataFrame, list[list[str]]]

ORDERED = 0.35
VOUCHERS_A_CORE = 60
SPLIT = 0.4


def orders(draw: np.random.Generator, made: pl.DataFrame) -> pl.DataFrame:
    """Return orders behind some of the invoices; the latest are not delivered yet."""
    own = made.filter(pl.Series(draw.random(len(made)) < ORDERED) & (pl.col("amount_fen") > 0))
    lead = pl.lit(pl.Series(draw.integers(5, 60, len(own))))
    late = pl.Series(draw.random(len(own)) < 0.06)  # noqa: PLR2004  # Some never arrive.
    return pl.DataFrame(
        {
            "number": "O" + own["number"],
            "placed_on": pl.select(own["issued_on"] - pl.duration(days=lead)).to_series(),
            "seller": own["seller"],
            "buyer": own["buyer"],
            "amount_fen": own["total_fen"],
            "delivered_on": pl.select(pl.when(~late).then(own["issued_on"])).to_series(),
            "status": pl.select(
                pl.when(late).then(pl.lit("placed")).otherwise(pl.lit("delivered"))
            ).to_series(),
        }
    )


def vouchers(draw: np.random.Generator, world: World, span: Span) -> pl.DataFrame:
    """Return vouchers that cores issued, some split and passed to the next tier."""
    firm = ids(world)
    rows: list[dict[str, object]] = []
    sold = np.flatnonzero(world.level[world.buyer] == 0)
    count = min(len(sold), VOUCHERS_A_CORE * world.cores // 4)
    chosen = draw.choice(sold, count, replace=False) if count else np.empty(0, np.int64)
    order = np.argsort(world.buyer, kind="stable")
    starts = np.searchsorted(world.buyer[order], np.arange(len(world) + 1))
    for number, edge in enumerate(np.sort(chosen)):
        issuer, holder = int(world.buyer[edge]), int(world.supplier[edge])
        back = int(draw.integers(1, 150))
        face = int(world.amount[edge] * draw.uniform(0.02, 0.1)) * 100
        parent = {
            "number": f"V{number:07d}",
            "issuer": firm[issuer],
            "holder": firm[holder],
            "amount_fen": face,
            "issued_on": span.day(np.array([back]))[0],
            "due_on": span.day(np.array([back - 180]))[0],
            "parent": None,
            "status": "held",
        }
        rows.append(parent)
        below = world.supplier[order[starts[holder] : starts[holder + 1]]]
        if len(below) and face > 0 and draw.random() < SPLIT:
            parent["status"] = "split"
            rows += _children(draw, parent, firm[below[:2]].tolist(), firm[holder])
    schema = {
        "number": pl.String,
        "issuer": pl.String,
        "holder": pl.String,
        "amount_fen": pl.Int64,
        "issued_on": pl.Date,
        "due_on": pl.Date,
        "parent": pl.String,
        "status": pl.String,
    }
    return pl.DataFrame(rows, schema=schema)


def _children(
    draw: np.random.Generator, parent: dict[str, object], takers: list[str], keeper: str
) -> list[dict[str, object]]:
    """Return the parts of a split voucher: their faces sum to its face."""
    left = int(str(parent["amount_fen"]))
    parts = []
    for place, taker in enumerate(takers):
        face = int(left * draw.uniform(0.2, 0.5))
        left -= face
        parts.append(
            {
                **parent,
                "number": f"{parent['number']}-{place + 1}",
                "holder": taker,
                "amount_fen": face,
                "parent": parent["number"],
                "status": "held",
            }
        )
    last = f"{parent['number']}-{len(takers) + 1}"
    parts.append(
        {
            **parent,
            "number": last,
            "holder": keeper,
            "amount_fen": left,
            "parent": parent["number"],
            "status": "held",
        }
    )
    return parts


def holdings(
    draw: np.random.Generator, world: World, span: Span
) -> tuple[pl.DataFrame, list[list[str]]]:
    """Return holdings, and the groups that they make: firms behind one owner."""
    firm = ids(world)
    others = draw.permutation(np.arange(world.cores, len(world)))
    groups = [
        others[at : at + 3].tolist() for at in range(0, min(len(others) - 3, len(others) // 20), 3)
    ]
    rows = []
    for place, (top, middle, low) in enumerate(groups):
        kind = "control" if place % 5 == 0 else "equity"
        rows.append((firm[top], firm[middle], round(float(draw.uniform(0.51, 1.0)), 4), kind))
        rows.append((firm[middle], firm[low], round(float(draw.uniform(0.51, 1.0)), 4), "equity"))
    for one, other in zip(others[-200::2], others[-199::2], strict=False):
        rows.append((firm[one], firm[other], round(float(draw.uniform(0.05, 0.5)), 4), "equity"))
    names = {"owner": pl.String, "owned": pl.String, "share": pl.Float64, "kind": pl.String}
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.Series("from", [span.day(np.array([2000]))[0]] * len(rows), pl.Date),
        pl.Series("to", [None] * len(rows), pl.Date),
    )
    return frame, [[str(firm[row]) for row in group] for group in groups]


def guarantees(
    draw: np.random.Generator, world: World, span: Span
) -> tuple[pl.DataFrame, list[list[str]]]:
    """Return guarantees, and the rings among them."""
    firm = ids(world)
    others = draw.permutation(np.arange(world.cores, len(world)))
    rings = [others[at : at + 4].tolist() for at in range(0, min(len(others) - 4, 40), 4)]
    pairs = [(ring[k], ring[(k + 1) % 4]) for ring in rings for k in range(4)]
    rest = others[40 : 40 + min(600, max(0, len(others) - 40))]
    pairs += list(zip(rest[::2].tolist(), rest[1::2].tolist(), strict=False))
    rows = [(firm[a], firm[b], int(draw.integers(20, 2000)) * 1_000_000) for a, b in pairs]
    names = {"guarantor": pl.String, "debtor": pl.String, "amount_fen": pl.Int64}
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.Series("from", [span.day(np.array([500]))[0]] * len(rows), pl.Date),
        pl.Series("to", [span.day(np.array([-400]))[0]] * len(rows), pl.Date),
    )
    return frame, [[str(firm[row]) for row in ring] for ring in rings]


def events(draw: np.random.Generator, world: World, span: Span, weak: Rows) -> pl.DataFrame:
    """Return events; firms that will fail have more of the bad ones."""
    firm = ids(world)
    kinds = np.array(["lawsuit", "tax_arrears", "executed", "award", "patent", "abnormal"])
    usual = draw.integers(0, len(world), max(1, len(world) // 3))
    rows = np.concatenate([usual, np.repeat(weak, 3)])
    bad = np.concatenate([draw.integers(0, 6, len(usual)), draw.integers(0, 3, 3 * len(weak))])
    return pl.DataFrame(
        {
            "firm": pl.Series(firm[rows], dtype=pl.String),
            "happened_on": span.day(draw.integers(0, max(1, span.days), len(rows))),
            "kind": kinds[bad],
            "amount_fen": draw.integers(1, 500, len(rows)) * 1_000_000,
            "source": ["register"] * len(rows),
        }
    ).unique(maintain_order=True)
