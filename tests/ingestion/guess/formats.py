"""Small files of different kinds, as companies, banks and tax bureaus write them."""

import json
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


def units_of_sheets(folder: Path) -> None:
    """Two sheets of one kind, of which one is in 万元 and the other in yuan."""
    head = ["客户名称", "单据编号", "单据日期", "到期日", "未收金额"]
    said = f"编制单位：{EAST[0]} 单位："
    workbook(
        folder / "应收.xlsx",
        {
            "一部": [[f"{said}万元"], head, [CORE[0], "A-1", "2026-07-01", "2026-09-29", "1.2345"]],
            "二部": [[f"{said}元"], head, [NORTH[0], "B-1", "2026-07-01", "2026-09-29", "3000"]],
        },
    )


def orders_of_partners(folder: Path) -> None:
    """Orders whose sides are numbers of one list of partners, with noughts before them."""
    head = ["order no", "order date", "seller id", "buyer id", "amount", "status"]
    text(
        folder / "orders.csv",
        [
            head,
            ["PO1", "2026-07-01", "0001", "0003", "100.00", "placed"],
            ["PO2", "2026-07-02", "0002", "0003", "200.00", "delivered"],
        ],
    )
    partners = [["1", *EAST], ["2", *WEST], ["3", *CORE], ["4", *NORTH]]
    text(folder / "partners.csv", [["id", "name", "credit code"], *partners])


def printed_list(folder: Path) -> None:
    """A list as an accounting package prints it: bars, rules, a star before the total."""
    rule = "-" * 60
    (folder / "list.txt").write_text(
        f"Mandant: Beispiel Maschinenbau GmbH\n{rule}\n"
        "|Debitor|Name 1       |Belegnr   |Belegdatum|Nettofäll.|S/H|    Betrag|\n"
        f"{rule}\n"
        "|10001  |Nordbau GmbH |1800000001|01.09.2026|31.10.2026|S  | 1.000,00 |\n"
        "|10001  |Nordbau GmbH |1800000002|13.09.2026|12.11.2026|H  |   250,50 |\n"
        "|10002  |Südtechnik AG|1800000003|21.09.2026|20.11.2026|S  |    99,99 |\n"
        f"{rule}\n"
        "|*      |             |          |          |          |   |   849,49 |\n"
        f"{rule}\n",
        encoding="utf-8",
    )


def blocks(folder: Path) -> None:
    """Receivables whose customer is told once for several rows, by number and name together."""
    text(
        folder / "应收款明细表.csv",
        [
            [f"核算组织：{EAST[0]}"],
            ["客户", "单据编号", "业务日期", "到期日", "未核销"],
            [f"1001 {CORE[0]}", "A1", "2026-07-01", "2026-09-01", "100.00"],
            ["", "A2", "2026-07-02", "2026-09-02", "200.00"],
            ["", "A3", "2026-07-03", "2026-09-03", "300.00"],
            [f"1002 {NORTH[0]}", "A4", "2026-07-04", "2026-09-04", "400.00"],
        ],
    )


def changing_sides(folder: Path) -> None:
    """Invoices in which the other party buys or sells by the kind of document."""
    text(
        folder / "往来发票.csv",
        [
            [f"编制单位：{CORE[0]}"],
            ["发票号码", "开票日期", "发票类别", "客户", "金额", "税额"],
            ["26990000000000000001", "2026-07-01", "销项", NORTH[0], "100.00", "13.00"],
            ["26990000000000000002", "2026-07-02", "进项", EAST[0], "200.00", "26.00"],
        ],
    )


def one_amount_two_ways(folder: Path) -> None:
    """A statement with one column of amounts, and a word for what goes out."""
    text(
        folder / "银行流水.csv",
        [
            [f"户名：{CORE[0]}"],
            ["交易日期", "借贷标志", "交易金额", "余额", "对方户名", "交易流水号"],
            ["2026-09-01", "借", "100.00", "900.00", EAST[0], "T1"],
            ["2026-09-02", "贷", "50.00", "950.00", NORTH[0], "T2"],
            ["2026-09-03", "借", "1.00", "949.00", "", "T3"],
        ],
    )


def tax_inside(folder: Path) -> None:
    """Invoices with one amount, in which the tax is already."""
    text(
        folder / "sales.csv",
        [
            ["Invoice No.", "Date", "Vendor", "Customer", "Amount", "VAT"],
            ["1", "2026-07-01", EAST[0], CORE[0], "113.00", "13.00"],
            ["2", "2026-07-02", EAST[0], NORTH[0], "226.00", "26.00"],
        ],
    )


def lines_of_json(folder: Path) -> None:
    rows = [
        {
            "no": f"I{at}",
            "issued": f"2026-07-0{at}",
            "seller": {"name": EAST[0], "uscc": EAST[1]},
            "buyer": {"name": other[0], "uscc": other[1]},
            "net": 100 * at,
            "vat": 13 * at,
            "gross": 113 * at,
            "lines": [{"item": "轴承"}, {"item": "螺栓"}],
        }
        for at, other in enumerate((CORE, NORTH), start=1)
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "invoices.jsonl").write_text("\n".join(lines), encoding="utf-8")


def batch_of_documents(folder: Path) -> None:
    """Many invoices in one document, whose elements are in a namespace."""
    (folder / "batch.xml").write_text(
        f"<Batch xmlns='urn:example'><Header><Count>2</Count></Header>"
        f"<Invoices>{''.join(_invoice(at, other) for at, other in enumerate((CORE, NORTH)))}"
        "</Invoices></Batch>",
        encoding="utf-8",
    )


def _invoice(at: int, other: tuple[str, str]) -> str:
    return (
        f"<Invoice><InvoiceNo>N{at}</InvoiceNo><InvoiceDate>2026-07-0{at + 1}</InvoiceDate>"
        f"<Seller><Name>{EAST[0]}</Name><TaxId>{EAST[1]}</TaxId></Seller>"
        f"<Buyer><Name>{other[0]}</Name><TaxId>{other[1]}</TaxId></Buyer>"
        f"<NetAmount>{at + 1}00.00</NetAmount><VatAmount>{13 * (at + 1)}.00</VatAmount>"
        f"<GrossAmount>{113 * (at + 1)}.00</GrossAmount></Invoice>"
    )


def versions_of_documents(folder: Path) -> None:
    """Documents of two versions of a schema, with the number at another place."""
    for at in range(1, 5):
        own = f"<InvoiceNumber>N{at}</InvoiceNumber>"
        number = own if at < 3 else f"<Head><InvoiceNo>N{at}</InvoiceNo></Head>"
        (folder / f"i{at}.xml").write_text(
            f"<Doc>{number}<IssueDate>2026-07-0{at}</IssueDate><SellerName>{EAST[0]}</SellerName>"
            f"<BuyerName>{CORE[0]}</BuyerName><NetAmount>{at}00.00</NetAmount>"
            f"<TaxAmount>{13 * at}.00</TaxAmount><TotalAmount>{113 * at}.00</TotalAmount></Doc>",
            encoding="utf-8",
        )


def sorted_flows(folder: Path) -> None:
    """Payments of an account, each with the kind it is of."""
    text(
        folder / "账户流水.csv",
        [
            ["账户名称", "交易日期", "借贷标志", "交易金额", "对方户名", "流水类型"],
            [CORE[0], "2026-09-01", "借", "100.00", EAST[0], "货款"],
            [CORE[0], "2026-09-02", "贷", "50.00", NORTH[0], "货款"],
            [CORE[0], "2026-09-03", "借", "1.00", "", "税款"],
        ],
    )


def voided_by_a_flag(folder: Path) -> None:
    """Invoices sold, whose numbers lost noughts, with a flag for those that are void."""
    head = [
        "发票代码",
        "发票号码",
        "开票日期",
        "购方企业名称",
        "购方税号",
        "金额",
        "税额",
        "作废标志",
    ]
    text(
        folder / "销项发票.csv",
        [
            [f"企业名称：{EAST[0]}"],
            head,
            ["0990012140", "12345", "2026-07-01", *CORE, "100.00", "13.00", "否"],
            ["0990012140", "12346", "2026-07-02", *NORTH, "200.00", "26.00", "是"],
        ],
    )


def voided_bills(folder: Path) -> None:
    """Bills, one of which counts for nothing: a word that the table does not have."""
    head = ["票据号码", "承兑人", "持票人", "票面金额", "出票日", "到期日", "票据状态"]
    days = ["2026-01-01", "2026-07-01"]
    text(
        folder / "票据.csv",
        [
            head,
            ["1", CORE[0], EAST[0], "1.00", *days, "已签收"],
            ["2", CORE[0], EAST[0], "2.00", *days, "已作废"],
        ],
    )


def lines_of_documents(folder: Path) -> None:
    """Lines with amounts, whose day, parties and currency stand in another file."""
    text(
        folder / "invoice_heads.csv",
        [
            ["Invoice No.", "Invoice date", "Supplier", "Customer", "Currency"],
            ["1", "15.09.2026", EAST[0], CORE[0], "CNY"],
            ["2", "16.09.2026", EAST[0], NORTH[0], "USD"],
        ],
    )
    text(
        folder / "invoice_lines.csv",
        [
            ["Invoice No.", "Item", "Net amount", "VAT"],
            ["1", "bolt", "100.00", "13.00"],
            ["1", "nut", "50.00", "6.50"],
            ["2", "bolt", "200.00", "26.00"],
        ],
    )


def documents_of_another_norm(folder: Path) -> None:
    """Documents deep in namespaces of their own: an invoice each, which is owed too."""
    for at, other in enumerate((CORE, NORTH), start=1):
        parties = "".join(
            f"<b:{role}TradeParty><b:Name>{name}</b:Name><b:Address><b:CountryID>CN</b:CountryID>"
            f"</b:Address><b:TaxRegistration><b:ID schemeID='VA'>{code}</b:ID></b:TaxRegistration>"
            f"</b:{role}TradeParty>"
            for role, (name, code) in (("Seller", EAST), ("Buyer", other))
        )
        (folder / f"z{at}.xml").write_text(
            "<a:CrossInvoice xmlns:a='urn:a' xmlns:b='urn:b' xmlns:c='urn:c'><a:ExchangedDocument>"
            f"<b:ID>RE-{at}</b:ID><b:IssueDateTime><c:DateTimeString format='102'>2026080{at}"
            "</c:DateTimeString></b:IssueDateTime></a:ExchangedDocument><a:Transaction>"
            "<b:LineItem><b:Product><b:Name>Bolt</b:Name></b:Product></b:LineItem>"
            f"<b:Agreement>{parties}</b:Agreement><b:Settlement><b:InvoiceCurrencyCode>CNY"
            "</b:InvoiceCurrencyCode><b:Terms><b:DueDateDateTime><c:DateTimeString format='102'>"
            f"2026100{at}</c:DateTimeString></b:DueDateDateTime></b:Terms><b:Summation>"
            f"<b:LineTotalAmount>{at}00.00</b:LineTotalAmount>"
            f"<b:TaxBasisTotalAmount>{at}00.00</b:TaxBasisTotalAmount>"
            f"<b:TaxTotalAmount currencyID='CNY'>{13 * at}.00</b:TaxTotalAmount>"
            f"<b:GrandTotalAmount>{113 * at}.00</b:GrandTotalAmount>"
            f"<b:DuePayableAmount>{113 * at}.00</b:DuePayableAmount></b:Summation></b:Settlement>"
            "</a:Transaction></a:CrossInvoice>",
            encoding="utf-8",
        )


def short_names_and_attributes(folder: Path) -> None:
    """Many invoices in a document of a tax package, in GBK, and a list that has attributes."""
    rows = "".join(
        f"<Fp><Fpdm>0990012140</Fpdm><Fphm>0001234{at}</Fphm><Kprq>2026070{at}</Kprq>"
        f"<Xfmc>{EAST[0]}</Xfmc><Xfsh>{EAST[1]}</Xfsh><Gfmc>{other[0]}</Gfmc><Gfsh>{other[1]}"
        f"</Gfsh><Hjje>{at}00.00</Hjje><Hjse>{13 * at}.00</Hjse>"
        "<Spxx><Sph><Spmc>轴承</Spmc></Sph><Sph><Spmc>螺栓</Spmc></Sph></Spxx></Fp>"
        for at, other in enumerate((CORE, NORTH), start=1)
    )
    head = "<?xml version='1.0' encoding='GBK'?><Kp><Fpxx><Zsl>2</Zsl><Fpsj>"
    (folder / "kp.xml").write_bytes(f"{head}{rows}</Fpsj></Fpxx></Kp>".encode("gbk"))
    parties = f"<seller id='{WEST[1]}'>{WEST[0]}</seller><buyer id='{CORE[1]}'>{CORE[0]}</buyer>"
    (folder / "list.xml").write_text(
        "<list><invoice no='A1' date='2026-07-03' net='1.00' vat='0.13' gross='1.13'>"
        f"{parties}</invoice><invoice no='A2' date='2026-07-04' net='2.00' vat='0.26' gross='2.26'>"
        f"{parties}</invoice></list>",
        encoding="utf-8",
    )


def overlapping_exports(folder: Path) -> None:
    """The same invoices in two workbooks, each with a line an invoice and one an item."""
    head = ["发票号码", "开票日期", "销方名称", "购方名称", "金额", "税额"]
    first = ["26990000000000000001", "2026-07-01", EAST[0], CORE[0]]
    second = ["26990000000000000002", "2026-07-02", WEST[0], CORE[0]]
    for month in ("7", "8"):
        workbook(
            folder / f"发票_{month}.xlsx",
            {
                "基础": [head, [*first, 300, 39], [*second, 50, 6.5]],
                "明细": [
                    [*head, "货物名称"],
                    [*first, 100, 13, "轴承"],
                    [*first, 200, 26, "螺栓"],
                    [*second, 50, 6.5, "钢板"],
                ],
            },
        )
