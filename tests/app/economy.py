"""A small economy as files: two cores, a chain of suppliers, a distributor."""

from pathlib import Path

FIRMS = """\
firm,name,core,sector,region,size,rating,founded_on,cash_yuan,equity_yuan,tangible_net_worth_yuan,operating_cash_flow_yuan,short_debt_yuan,loans_yuan,revenue_yuan,cost_yuan
CORE1,华东重工集团有限公司,true,C34,310000,large,R2,1998-01-01,300000000,2000000000,2000000000,500000000,400000000,1000000000,3000000000,2000000000
CORE2,北方汽车股份有限公司,true,C36,110000,large,R5,2001-01-01,,,,,,,,
MILL,临江钢铁有限公司,false,C31,310000,medium,R4,2005-01-01,,,,,,,,
PART,青石零件有限公司,false,C34,320000,small,R7,2010-01-01,,,,,,,,
ORE,白云矿业有限公司,false,B08,140000,small,,2012-01-01,,,,,,,,
SHOP,"=cmd()<script>商行",false,F52,440000,micro,R9,2015-01-01,,,,,,,,
"""
TRADES = (
    ("MILL", "CORE1", 40_000_000),
    ("PART", "CORE1", 9_000_000),
    ("PART", "CORE2", 6_000_000),
    ("ORE", "MILL", 20_000_000),
    ("CORE1", "SHOP", 12_000_000),
)
RECEIVABLES = """\
number,seller,buyer,amount_yuan,issued_on,due_on,confirmed_on,paid_on,status
R1,MILL,CORE1,8000000,2026-05-01,2026-08-01,2026-05-03,,confirmed
R2,ORE,MILL,2000000,2026-05-10,2026-08-10,,,open
R3,PART,CORE2,1000000,2026-06-01,2026-09-01,,,open
"""


def write_files(folder: Path) -> Path:
    """Write the economy as the files of the source `files`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "firms.csv").write_text(FIRMS, encoding="utf-8")
    (folder / "receivables.csv").write_text(RECEIVABLES, encoding="utf-8")
    lines = ["number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,status,kind,goods"]
    for seller, buyer, yuan in TRADES:
        for month in range(1, 7):
            number = f"{seller}-{buyer}-{month}"
            tax, part = yuan * 13 // 600, yuan // 6
            money = f"{part},{tax},{part + tax}"
            lines.append(f"{number},2026-{month:02d}-15,{seller},{buyer},{money},valid,blue,件")
    (folder / "invoices.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
