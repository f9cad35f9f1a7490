"""The published layout of the contest: firm lists and their sales and purchase invoices."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from graph.errors import InvalidInput

FIRMS, SALES, PURCHASES = "企业信息", "销项发票信息", "进项发票信息"
COLUMNS = {
    "发票号码": "number",
    "开票日期": "issued_on",
    "金额": "amount_yuan",
    "税额": "tax_yuan",
    "价税合计": "total_yuan",
    "发票状态": "status",
}
STATUS = {"有效发票": "valid", "作废发票": "void"}


def find(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """
    Return firm lists and invoice files, firms first.

    Raises:
        InvalidInput: A path is not there, or there is no firm list or no invoice file.
    """
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise InvalidInput(f"{path.name}: no such file or folder")
        files += sorted(path.iterdir()) if path.is_dir() else [path]
    tables = [p for p in files if p.name.lower().endswith((".csv", ".csv.gz"))]
    firms = [("firms", p) for p in tables if FIRMS in p.name]
    invoices = [("invoices", p) for p in tables if SALES in p.name or PURCHASES in p.name]
    if not firms or not invoices:
        raise InvalidInput(f"no firm list ({FIRMS}) or no invoices ({SALES}, {PURCHASES}) found")
    return firms + invoices


def convert(table: str, path: Path, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows under the form's names: whose list it is says who sells and who buys."""
    if table == "firms":
        return _renamed(path, rows, {"企业代号": "firm", "企业名称": "name"})
    own, other = ("seller", "buyer") if SALES in path.name else ("buyer", "seller")
    partner = "购方单位代号" if other == "buyer" else "销方单位代号"
    renamed = _renamed(path, rows, {"企业代号": own, partner: other} | COLUMNS)
    known = pl.col("status").replace(STATUS)
    return renamed.with_columns(status=known.fill_null("status is empty"))


def _renamed(path: Path, rows: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    missing = [name for name in names if name not in rows.columns]
    if missing:
        raise InvalidInput(f"{path.name}, line 1: column {missing[0]!r} is missing")
    return rows.rename(names)
