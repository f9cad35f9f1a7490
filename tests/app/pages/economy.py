"""
A small economy as files, for the pages: every state of a facility, a chain of several pages.

`C1` has a facility, four tiers and reservations; `C2`, which supplies it, has no statement and
lends on data credit. `OVER` owes more than its facility, `NOUGHT` has papers against a facility of
nought, `UNUSED` has neither. A firm with markup in its name is known from invoices of others only.
"""

import csv
import datetime as dt
import hashlib
from pathlib import Path

from app.chain.chains.cores import cores_of
from app.chain.limits.book import Book, Frozen
from app.chain.runs.rows import RunStores, RunTerms
from app.chain.runs.service import refresh
from app.data.runs.repository import RunRow, record_run
from app.data.versions.service import policy_of
from app.platform.config import Settings
from app.platform.deps import open_resources
from ingestion.resolve import names
from ingestion.run import ImportJob, ingest

NOW = dt.datetime(2026, 7, 1, 9, 0, tzinfo=dt.UTC)
MARKUP = '<img src=x onerror=alert(1)>"精密'
STRANGER = "cp-" + hashlib.sha256(names.key(MARKUP).encode()).hexdigest()[:16]
CODE = "91330500MA00000014"
NAMES = {
    "C1": "江州远航装备股份有限公司",
    "C2": "临海恒昌电子有限公司",
    "OVER": "超额重工有限公司",
    "NOUGHT": "零额机械有限公司",
    "UNUSED": "未用仪器有限公司",
    "S1": "青屿宏达材料有限公司",
    "S2": "=HYPERLINK(1)模具厂",
    "M1": "泽川矿冶有限公司",
    "P1": "平湖配件有限公司",
    "D1": "北原商贸有限公司",
    STRANGER: MARKUP,
}
SMALL = [f"X{number:03}" for number in range(120)]
BOOK = Book(1, frozen={"C1": Frozen(5_000_000_00, 1)})
STATEMENT = {
    "cash_yuan": 300_000_000,
    "equity_yuan": 2_000_000_000,
    "tangible_net_worth_yuan": 2_000_000_000,
    "operating_cash_flow_yuan": 500_000_000,
    "short_debt_yuan": 400_000_000,
    "loans_yuan": 1_000_000_000,
    "revenue_yuan": 3_000_000_000,
    "cost_yuan": 2_000_000_000,
}
FIRMS: list[dict[str, object]] = [
    {"firm": "C1", "core": "true", "region": "上海", "sector": "C36", "rating": "R2", **STATEMENT},
    {"firm": "C2", "core": "true", "region": "上海", "sector": "C36", "rating": "R5"},
    {"firm": "OVER", "core": "true", "rating": "R5", **STATEMENT},
    {"firm": "NOUGHT", "core": "true", "rating": "R12", **STATEMENT},
    {"firm": "UNUSED", "core": "true", "rating": "R12", **STATEMENT},
    {
        "firm": "S1",
        "region": "苏州",
        "sector": "C36",
        "rating": "R2",
        "size": "small",
        "uscc": CODE,
        "aliases": "宏材;Hongda",
        "founded_on": "2011-04-07",
        "capital_yuan": 5_000_000,
    },
    {"firm": "S2", "region": "苏州", "sector": "C36", "size": "small"},
    {"firm": "M1", "region": "苏州", "sector": "C31", "rating": "R10"},
    {"firm": "P1", "sector": "C34", "rating": "R7"},
    {"firm": "D1", "sector": "F51", "rating": "R14"},
    *({"firm": firm, "rating": "R5" if firm < "X070" else "R8"} for firm in SMALL),
]
TRADES = [
    ("S1", "C1", 400_000_000),
    ("C2", "C1", 100_000_000),
    (MARKUP, "C1", 60_000_000),
    ("S2", "S1", 90_000_000),
    ("M1", "C2", 50_000_000),
    *((firm, "S2", 500_000 + 1_000 * number) for number, firm in enumerate(SMALL)),
    ("C1", "D1", 100_000_000),
    ("P1", "OVER", 20_000_000),
    ("P1", "NOUGHT", 10_000_000),
    ("P1", "UNUSED", 10_000_000),
]
RECEIVABLES = [
    ("R1", "S1", "C1", 8_000_000, "confirmed"),
    ("R2", "S2", "S1", 20_000_000, "open"),
    ("R3", "P1", "OVER", 90_000_000, "confirmed"),
    ("R4", "P1", "NOUGHT", 7_000_000, "confirmed"),
]


def write(path: Path, rows: list[dict[str, object]]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def write_files(folder: Path) -> Path:
    """Write the economy as the files of the source `files`."""
    folder.mkdir(parents=True)
    named = [{"name": NAMES.get(str(row["firm"]), row["firm"]), **row} for row in FIRMS]
    write(folder / "firms.csv", named)
    write(
        folder / "receivables.csv",
        [
            {
                "number": number,
                "seller": seller,
                "buyer": buyer,
                "amount_yuan": yuan,
                "issued_on": "2026-05-01",
                "due_on": "2026-08-01",
                "confirmed_on": "2026-05-03" if status == "confirmed" else "",
                "status": status,
            }
            for number, seller, buyer, yuan, status in RECEIVABLES
        ],
    )
    write(folder / "invoices.csv", [*invoices()])
    return folder


def invoices() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for pair, (seller, buyer, yuan) in enumerate(TRADES):
        for month in range(1, 7):
            part = yuan // 6
            tax = part * 13 // 100
            rows.append(
                {
                    "number": f"I{pair}-{month}",
                    "issued_on": f"2026-{month:02}-15",
                    "seller": seller,
                    "buyer": buyer,
                    "amount_yuan": part,
                    "tax_yuan": tax,
                    "total_yuan": part + tax,
                    "status": "valid",
                    "kind": "blue",
                    "goods": "件",
                }
            )
    return rows


def make_home(home: Path) -> Path:
    """Ingest the economy into a data folder, and run its limits with what is reserved."""
    files = write_files(home.parent / "files")
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        job = ImportJob(resources.store, home, NOW, lambda *_: None, as_of=dt.date(2026, 6, 30))
        ingest("files", [files], job=job)
        version = resources.version()
        policy = policy_of(resources, version.as_of)
        place = RunStores(resources.store.reader(version.number), resources.lake, home)
        terms = RunTerms(policy, cores_of(resources, version.number), "tests", BOOK)
        run = refresh(place, terms)
        row = RunRow(
            run=run.run,
            version=version.number,
            as_of=version.as_of,
            policy=run.policy,
            code=terms.code,
            parameters={},
            folder=run.folder.name,
            cores=run.cores,
            firms=run.members,
            seconds=0.0,
            finished_at=NOW,
        )
        record_run(resources.records, row, [])
    return home
