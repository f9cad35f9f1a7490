"""What speaks for a meaning, and in how many rows it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.model import Label

ENOUGH = 0.98  # Below this share of rows a proposal says that it is not sure.
KINDS: Mapping[str, Label] = {
    "header_word": Label("表头用词", "word of the header"),
    "amounts": Label("可读为金额", "read as amounts"),
    "days": Label("可读为日期", "read as days"),
    "day_order": Label("只有这一种日月年次序可读", "days that no other order reads"),
    "check_characters": Label("统一社会信用代码校验码", "check characters of credit codes"),
    "names_of_firms": Label("企业名称", "names of firms"),
    "decimal_comma": Label("小数逗号", "decimal comma"),
    "amount_tax_total": Label("金额 + 税额 = 价税合计", "amount + tax = total"),
    "net_of_tax": Label("金额 × 税率 = 税额", "amount at its rate is the tax"),
    "gross_of_tax": Label("含税金额中的税额", "the tax is inside the amount"),
    "face_paid_open": Label("应收 - 已收 = 未收", "face less paid is what is open"),
    "running_balance": Label("余额逐笔相符", "the balance moves by it"),
    "sum_of_totals": Label("各行之和等于合计行", "rows sum to the total line"),
    "in_every_row": Label("每行都有同一方", "one party in every row"),
    "known_words": Label("已知的状态或类型用词", "words that are known"),
    "unique": Label("号码不重复", "no number comes twice"),
    "unique_together": Label("与另一列合起来不重复", "unique together with another column"),
    "shares": Label("可读为比例", "read as shares"),
    "above_header": Label("表头之上的行", "a line above the header"),
    "met": Label("在另一张表中找到", "found in the other table"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind of proof: the rows it holds in, of those in which it could."""

    kind: str
    rows: int
    of: int

    @property
    def share(self) -> float:
        """Return the share of rows."""
        return self.rows / self.of if self.of else 0.0

    def document(self) -> dict[str, Any]:
        """Return it as plain values, with its name in both languages."""
        label = KINDS[self.kind]
        said: dict[str, Any] = {"kind": self.kind, "rows": self.rows, "of": self.of}
        if self.share < ENOUGH:
            said["doubtful"] = True
        return {**said, "label": {"zh": label.zh, "en": label.en}}
