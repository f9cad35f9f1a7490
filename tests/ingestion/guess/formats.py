"""Small files of different kinds, as companies, banks and tax bureaus write them."""

from collections.abc import Sequence
from pathlib import Path

import openpyxl

EAST, WEST, CORE, NORTH = (
    ("样例东湖零件有限公司", "91990101MA0000A01P"),
    ("样例西岭材料有限公司", "91990101MA0000A02T"),
    ("样例云岭整机股份有限公司", "91990101MA0000C013"),
    ("样例北山商贸有限公司", "91990101MA0000B01D"),
)


def text(path: Path, rows: Sequence[Sequence[str]], separator: str = ",") -> Path:
    path.write_text("".join(f"{separator.join(row)}\n" for row in rows), encoding="utf-8")
    return path


def workbook(path: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def open_items(path: Path) -> Path:
    """Open items of a German ledger: semicolons, decimal commas, days first."""
    return text(
        path,
        [
            ["Firma: Beispiel Maschinenbau GmbH"],
            ["Debitor", "Name", "Belegnummer", "Belegdatum", "Fälligkeit", "Betrag", "Währung"],
            ["10001", "Nordbau GmbH", "900001", "03.08.2026", "02.09.2026", "1.234,56", "CNY"],
            ["10001", "Nordbau GmbH", "900002", "17.08.2026", "16.09.2026", "20.000,00", "CNY"],
            ["10002", "Südtechnik AG", "900003", "28.08.2026", "27.09.2026", "350,10", "CNY"],
            ["Summe", "", "", "", "", "21.584,66", "CNY"],
        ],
        ";",
    )


def invoices_out(path: Path) -> Path:
    """Invoices of one seller in English, days with the month first, amounts of both kinds."""
    head = ["Invoice No.", "Invoice Date", "Supplier", "Customer", "Customer VAT No", "Net amount",
            "VAT", "Gross amount"]  # fmt: skip
    rows = [
        ["INV-1", "07/03/2026", EAST[0], CORE[0], CORE[1], "1000.00", "130.00", "1130.00"],
        ["INV-2", "07/25/2026", EAST[0], NORTH[0], NORTH[1], "200.00", "26.00", "226.00"],
        ["INV-3", "08/04/2026", EAST[0], CORE[0], CORE[1], "50.00", "6.50", "56.50"],
    ]
    return text(path, [head, *rows])


def invoices_in(path: Path) -> Path:
    """Invoices of a tax bureau of which the owner, a buyer, is told above the header alone."""
    head = [
        "序号",
        "发票代码",
        "发票号码",
        "开票日期",
        "销方税号",
        "销方名称",
        "金额(万元)",
        "税额(万元)",
        "发票状态",
    ]
    return workbook(
        path,
        {
            "抵扣": [
                ["进项发票勾选认证清单"],
                [f"纳税人名称：{CORE[0]}"],
                head,
                [
                    1,
                    "0990012140",
                    "00012345",
                    "2026-07-06",
                    EAST[1],
                    EAST[0],
                    "1.2",
                    "0.156",
                    "正常",
                ],
                [
                    2,
                    "0990012140",
                    "00012346",
                    "2026-07-09",
                    WEST[1],
                    WEST[0],
                    "0.5",
                    "0.065",
                    "已作废",
                ],
                [3, "0990012141", "00000017", "2026-07-10", WEST[1], WEST[0], "3", "0.39", "正常"],
                ["合计", None, None, None, None, None, "4.7", "0.611", None],
            ]
        },
    )


def ledger(path: Path) -> Path:
    """Receivables of an accounting package with face, paid and open amounts and a title."""
    head = ["客户", "单据号", "单据日期", "到期日", "应收金额", "已收金额", "未收金额"]
    return workbook(
        path,
        {
            "应收账款明细": [
                [f"{EAST[0]}应收账款明细账"],
                ["编制日期：2026-09-30　单位：元"],
                head,
                [CORE[0], "YS-001", "2026-07-01", "2026-09-29", 1000, 400, 600],
                [CORE[0], "YS-002", "2026-07-15", "2026-10-13", 500, 0, 500],
                [NORTH[0], "YS-003", "2026-08-01", "2026-10-30", 300, 300, 0],
                ["合计", None, None, None, 1800, 700, 1100],
            ]
        },
    )
