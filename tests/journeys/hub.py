"""An economy of a core and three tiers as files: payables to confirm, and claims below."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from app.chain.runs.refreshing import refresh_version
from app.platform.config import Settings
from app.platform.deps import open_resources
from ingestion.run import ImportJob, ingest

NOW = dt.datetime(2026, 7, 1, 9, tzinfo=dt.UTC)
AS_OF = dt.date(2026, 6, 30)
CORE = "HUB"
TIER1 = ("AXLE", "BOLT", "CAST", "DISC")
TIER2, TIER3 = "ELLS", "FELT"
# Firms of the stories alone: a chain of three tiers, a third tier for each way in, and a borrower.
STORY1, STORY2, BORROWER = "GEAR", "IRON", "HIDE"
STORY3 = {"api": "JADE", "zh": "KNIT", "en": "LIME"}
# Of the requests alone, in each language: a first tier, and who sells to it.
ASKERS = {"zh": ("MICA", "NAIL"), "en": ("MOSS", "NEST")}
PAYABLES = 200  # In each language of the journeys.
PAYABLE_YUAN = 51_000
FIRMS = """\
firm,name,core,sector,region,size,rating,founded_on,cash_yuan,equity_yuan,tangible_net_worth_yuan,operating_cash_flow_yuan,short_debt_yuan,loans_yuan,revenue_yuan,cost_yuan
HUB,江州远航装备股份有限公司,true,C34,310000,large,R2,1998-01-01,300000000,2000000000,2000000000,500000000,400000000,1000000000,3000000000,2000000000
AXLE,青屿车轴有限公司,false,C34,310000,small,R5,2005-01-01,,,,,,,,
BOLT,临海紧固件有限公司,false,C34,330000,small,R6,2006-01-01,,,,,,,,
CAST,泽川铸造有限公司,false,C31,320000,medium,R6,2001-01-01,,,,,,,,
DISC,平湖制动盘有限公司,false,C36,330000,small,R7,2010-01-01,,,,,,,,
ELLS,北原管件有限公司,false,C33,140000,small,R8,2012-01-01,,,,,,,,
FELT,白云毛毡有限公司,false,C17,140000,micro,R9,2015-01-01,,,,,,,,
GEAR,石桥齿轮有限公司,false,C34,330000,small,R6,2004-01-01,,,,,,,,
HIDE,长堤皮件有限公司,false,C19,330000,medium,R6,2002-01-01,,,,,,,,
IRON,高坡铸铁有限公司,false,C31,140000,small,R7,2011-01-01,,,,,,,,
JADE,东溪磨料有限公司,false,C30,140000,micro,R8,2014-01-01,,,,,,,,
KNIT,西溪织带有限公司,false,C17,140000,micro,R8,2014-01-01,,,,,,,,
LIME,南溪石灰有限公司,false,C30,140000,micro,R8,2014-01-01,,,,,,,,
MICA,云岭云母有限公司,false,C30,330000,small,R6,2005-01-01,,,,,,,,
MOSS,石潭苔藓有限公司,false,C30,330000,small,R6,2005-01-01,,,,,,,,
NAIL,平岗钉业有限公司,false,C33,140000,small,R7,2012-01-01,,,,,,,,
NEST,平滩鸟巢有限公司,false,C33,140000,small,R7,2012-01-01,,,,,,,,
"""
HOLDINGS = """\
owner,owned,share,kind,from,to
BOLT,DISC,0.6,equity,2020-01-01,
"""
TRADES = (
    *((supplier, CORE, 72_000_000) for supplier in (*TIER1, STORY1)),
    (BORROWER, CORE, 300_000_000),
    (TIER2, TIER1[0], 12_000_000),
    (TIER3, TIER2, 3_000_000),
    (STORY2, STORY1, 12_000_000),
    *((first, CORE, 6_000_000) for first, _ in ASKERS.values()),
    *((second, first, 3_000_000) for first, second in ASKERS.values()),
    *((third, STORY2, 3_000_000) for third in STORY3.values()),
)


def numbers(language: str) -> list[str]:
    """Return the numbers of the payables that are confirmed in a language."""
    return [f"{language.upper()}{at:03}" for at in range(PAYABLES)]


def receivables() -> Iterable[str]:
    """Yield the receivables as lines of a file: what the core owes, and claims further down."""
    yield "number,seller,buyer,amount_yuan,issued_on,due_on,confirmed_on,paid_on,status"
    for at, each in enumerate([*numbers("zh"), *numbers("en")]):
        issued, due = f"2026-06-{at % 28 + 1:02}", f"2026-09-{at % 28 + 1:02}"
        yield f"{each},{TIER1[at % 4]},{CORE},{PAYABLE_YUAN},{issued},{due},,,open"
    for way in STORY3:
        for seller in (STORY1, BORROWER):
            yield f"{seller}-{way},{seller},{CORE},60000,2026-06-20,2026-09-20,,,open"
    yield f"OLD1,AXLE,{CORE},800000,2026-05-20,2026-07-04,2026-05-21,,confirmed"
    yield f"OLD2,BOLT,{CORE},450000,2026-05-10,2026-06-26,2026-05-21,,confirmed"
    yield f"OLD3,CAST,{CORE},90000,2026-05-25,2026-08-25,,,open"
    for first, _ in ASKERS.values():
        for way in ("1", "2"):
            yield f"ASKED-{first}-{way},{first},{CORE},60000,2026-06-20,2026-09-20,,,open"
    yield f"E1,{TIER2},{TIER1[0]},500000,2026-06-10,2026-09-10,,,open"
    yield f"F1,{TIER3},{TIER2},200000,2026-06-12,2026-09-12,,,open"


def write_files(folder: Path) -> Path:
    """Write the economy as the files of the source `files`."""
    folder.mkdir(parents=True)
    (folder / "firms.csv").write_text(FIRMS, encoding="utf-8")
    (folder / "receivables.csv").write_text("\n".join(receivables()) + "\n", encoding="utf-8")
    (folder / "holdings.csv").write_text(HOLDINGS, encoding="utf-8")
    lines = ["number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,status,kind,goods"]
    for seller, buyer, yuan in TRADES:
        for month in range(1, 7):
            tax, part = yuan * 13 // 600, yuan // 6
            money = f"{part},{tax},{part + tax}"
            name = f"{seller}-{buyer}-{month}"
            lines.append(f"{name},2026-{month:02}-15,{seller},{buyer},{money},valid,blue,件")
    (folder / "invoices.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def make_home(home: Path) -> Path:
    """Make a data folder in which the economy is published and has its limits."""
    files = write_files(home.parent / "files")
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        job = ImportJob(resources.store, home, NOW, lambda *_: None, as_of=AS_OF)
        ingest("files", [files], job=job)
        refresh_version(resources, None, progress=lambda *_: None)
    return home
