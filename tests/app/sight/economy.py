"""
An economy in which every figure and every name can be found again in an answer.

Two cores trade with each other; one supplier sells to both; tiers reach down to the third on the
side of supply and to the second on the side of sales; a firm of the third tier holds a voucher of
the first core, and one firm has nothing to do with any of them.
"""

from pathlib import Path

NAMES = {
    "KAYAK": "楠溪重装集团股份有限公司",  # The core that reads.
    "KELPX": "鹭湾机电股份有限公司",  # Another core: it also sells to the first.
    "KIWIX": "岱山化纤股份有限公司",  # A core that is far from all others.
    "SABLE": "蓝桥铸件有限公司",  # Tier 1 of both cores.
    "SEPIA": "桐庐精工有限公司",  # Tier 2.
    "SIENA": "穗丰耗材有限公司",  # Tier 2.
    "SUMAC": "磐石矿业有限公司",  # Tier 3, holds a voucher of the first core.
    "SYLPH": "云栖石料有限公司",  # Tier 3.
    "DAHLI": "海陵商贸有限公司",  # Buys from the first core.
    "DELTA": "松江百货有限公司",  # Buys from that buyer.
    "DUNEX": "宁川五金有限公司",  # Buys from the first core as well.
    "DRIFT": "白沙超市有限公司",  # Buys from that one.
    "XENON": "雁荡纺织有限公司",  # Supplies the far core only.
}
READER, OTHER_CORE, FAR_CORE = "KAYAK", "KELPX", "KIWIX"
NAMED = {"KELPX", "SABLE", "DAHLI", "DUNEX", "SUMAC"}  # Whom the first core knows in its chain.
NOTCHES = (2, 5, 3, 7, 11, 8, 12, 9, 6, 10, 13, 1, 4)
RATINGS = {firm: f"R{notch}" for firm, notch in zip(NAMES, NOTCHES, strict=True)}
COLUMNS = (
    *("revenue", "cost", "profit", "equity", "cash", "tangible_net_worth", "operating_cash_flow"),
    *("short_debt", "inventory", "receivable", "payable", "prepaid", "advances", "own_funds"),
    *("working_capital_loans", "loans"),
)
SIZES = {
    "revenue": 900_000_000,
    "cost": 600_000_000,
    "tangible_net_worth": 2_000_000_000,
    "operating_cash_flow": 500_000_000,
    "cash": 300_000_000,
}
TRADES = (
    ("SABLE", "KAYAK", 271_234_567),
    ("SABLE", "KELPX", 23_456_789),
    ("KELPX", "KAYAK", 17_654_321),
    ("SEPIA", "SABLE", 31_313_131),
    ("SIENA", "SABLE", 27_272_727),
    ("SUMAC", "SEPIA", 19_191_919),
    ("SYLPH", "SEPIA", 14_141_414),
    ("KAYAK", "DAHLI", 42_424_242),
    ("DAHLI", "DELTA", 33_883_388),
    ("KAYAK", "DUNEX", 21_212_121),
    ("DUNEX", "DRIFT", 18_181_818),
    ("XENON", "KIWIX", 51_515_151),
)
RECEIVABLES = """\
number,seller,buyer,amount_yuan,issued_on,due_on,confirmed_on,paid_on,status
Q1,SABLE,KAYAK,8123456.78,2026-05-01,2026-08-01,2026-05-03,,confirmed
Q2,SABLE,KAYAK,3456789.12,2026-05-11,2026-08-11,,,open
Q3,SEPIA,SABLE,7654321.98,2026-05-10,2026-08-10,,,open
Q4,SABLE,KELPX,2345678.91,2026-06-01,2026-09-01,2026-06-03,,confirmed
Q7,KELPX,KAYAK,4321098.76,2026-06-01,2026-09-01,2026-06-03,,confirmed
Q8,SEPIA,KELPX,1876543.21,2026-06-01,2026-09-01,2026-06-03,,confirmed
Q5,SIENA,SABLE,1987654.32,2026-06-01,2026-09-01,,,open
Q6,XENON,KIWIX,5678912.34,2026-06-01,2026-09-01,2026-06-03,,confirmed
"""
VOUCHERS = """\
number,issuer,holder,amount_yuan,issued_on,due_on,parent,status
W1,KAYAK,SUMAC,1357924.68,2026-05-01,2026-08-01,,held
W3,KELPX,SYLPH,1122334.45,2026-05-01,2026-08-01,,held
W2,KAYAK,KELPX,2468135.79,2026-05-01,2026-08-01,,held
"""


def figure(firm: str, column: str) -> int:
    """Return a figure in yuan that stands nowhere else in the economy."""
    place = list(NAMES).index(firm) * len(COLUMNS) + COLUMNS.index(column)
    return SIZES.get(column, 40_000_000) + 100_003 * (place + 1) + 7_919 * place * place


def write_files(folder: Path) -> Path:
    """Write the economy as the files of the source `files`."""
    folder.mkdir(parents=True, exist_ok=True)
    money = [f"{column}_yuan" for column in COLUMNS]
    lines = [
        ",".join(["firm", "name", "core", "sector", "size", "rating", "expected_growth", *money])
    ]
    for firm, name in NAMES.items():
        size = "micro" if firm == "SIENA" else "medium"
        figures = [str(figure(firm, column)) for column in COLUMNS]
        core = str(firm.startswith("K")).lower()
        lines.append(",".join([firm, name, core, "C34", size, RATINGS[firm], "0.05", *figures]))
    (folder / "firms.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "receivables.csv").write_text(RECEIVABLES, encoding="utf-8")
    (folder / "vouchers.csv").write_text(VOUCHERS, encoding="utf-8")
    lines = ["number,issued_on,seller,buyer,amount_yuan,tax_yuan,total_yuan,status,kind,goods"]
    for seller, buyer, yuan in TRADES:
        for month in range(1, 7):
            part, tax = yuan // 6 + month, yuan // 46
            text = f"{seller}{buyer}{month},2026-{month:02d}-15,{seller},{buyer},{part},{tax}"
            lines.append(f"{text},{part + tax},valid,blue,件")
    (folder / "invoices.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
