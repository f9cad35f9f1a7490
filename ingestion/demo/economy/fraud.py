"""False trade that is hidden in the papers: goods that run in circles, claims financed twice."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from ingestion.demo.economy.world import World

CIRCLES = 0.0025
CIRCLE_SIZES = (3, 4, 5, 6)
TWICE = 0.0015
TWICE_KINDS = ("renumbered", "altered", "split")
SPAN_DAYS_MIN, SPAN_DAYS_MAX = 40, 600


@dataclass(frozen=True, slots=True)
class Circle:
    """Firms of which each sells to the next and the last to the first, so many times."""

    firms: tuple[int, ...]
    turns: int


def circles(made: World) -> tuple[tuple[Circle, ...], pl.DataFrame]:
    """Return the circles and their invoices: amounts nearly equal, within days."""
    random = made.plan.random("circles")
    count = max(1, round(made.firms * CIRCLES))
    free = random.permutation(made.traders).tolist()
    found: list[Circle] = []
    rows: list[tuple[int, int, int, int]] = []
    for _ in range(count):
        size = min(CIRCLE_SIZES[int(random.integers(0, len(CIRCLE_SIZES)))], len(free))
        if size < CIRCLE_SIZES[0]:
            break
        members = tuple(free[:size])
        free = free[size:]
        turns = int(random.integers(2, 5))
        found.append(Circle(members, turns))
        rows += _turns(random, made, members, turns)
    names = ("day", "seller", "buyer", "amount_fen")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64), orient="row")
    return tuple(found), frame.with_columns(
        edge=pl.lit(-1, dtype=pl.Int64),
        kind=pl.lit("blue"),
        status=pl.lit("valid"),
        reddened=pl.lit(value=False),
    )


def _turns(
    random: np.random.Generator, made: World, members: tuple[int, ...], turns: int
) -> list[tuple[int, int, int, int]]:
    most = min(SPAN_DAYS_MAX, made.plan.months * 30 - 30)
    rows = []
    for _ in range(turns):
        day = -int(random.integers(min(SPAN_DAYS_MIN, most), most + 1)) if most > 0 else -20
        amount = float(np.exp(random.normal(13.2, 0.7)))
        for at, seller in enumerate(members):
            buyer = members[(at + 1) % len(members)]
            rows.append((min(day, 0), seller, buyer, round(amount * 100)))
            day += int(random.integers(0, 6))
            amount *= float(random.uniform(0.985, 1.0))
    return rows


def financed_twice(
    made: World, receivables: pl.DataFrame
) -> tuple[list[tuple[str, str, str]], pl.DataFrame]:
    """Return (first, second, kind) by number, and the receivables with the second rows."""
    random = made.plan.random("twice")
    most = max(2, round(len(receivables) * TWICE))
    financed = receivables.filter(pl.col("status") == "financed")
    drawn = np.sort(random.permutation(len(financed))[:most])
    pairs: list[tuple[str, str, str]] = []
    rows: list[dict[str, object]] = []
    for at, row in enumerate(financed[drawn.tolist()].iter_rows(named=True)):
        kind = TWICE_KINDS[at % len(TWICE_KINDS)]
        for copy in _copies(random, row, kind, at):
            pairs.append((str(row["number"]), str(copy["number"]), kind))
            rows.append(copy)
    more = pl.DataFrame(rows, schema=receivables.schema)
    return pairs, pl.concat([receivables, more]).sort("day", maintain_order=True)


def _copies(
    random: np.random.Generator, row: dict[str, object], kind: str, at: int
) -> list[dict[str, object]]:
    """Return the second rows of one claim: under another number, altered, or in two parts."""
    number, amount = str(row["number"]), int(str(row["amount_fen"]))
    day, due = int(str(row["day"])), int(str(row["due"]))
    entry = {"registry_id": f"ZD9{at:013d}"}
    if kind == "renumbered":
        return [{**row, **entry, "number": f"{number[:-3]}9{number[-2:]}A"}]
    if kind == "altered":
        changed = round(amount * float(random.uniform(0.991, 0.999)))
        shift = -int(random.integers(1, 7))
        moved = {"amount_fen": changed, "day": day + shift, "due": due + shift}
        return [{**row, **entry, **moved, "number": f"{number}B"}]
    first = round(amount * float(random.uniform(0.3, 0.7)))
    return [
        {**row, **entry, "number": f"{number}C", "amount_fen": first},
        {
            **row,
            "registry_id": f"ZD8{at:013d}",
            "number": f"{number}D",
            "amount_fen": amount - first,
        },
    ]
