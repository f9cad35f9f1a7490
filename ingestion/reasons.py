"""Why a row is set aside, in words for people; docs/data.md says when."""

from collections.abc import Mapping

from graph.model import Label

REASONS: Mapping[str, Label] = {
    "unreadable": Label("无法读取", "unreadable"),
    "unknown_column": Label("该表没有此列", "the table has no such column"),
    "left_out": Label("不在读取范围内", "left out"),
    "void": Label("已作废", "void"),
    "unmatched": Label("所关联的行不存在", "what it must be joined to is not there"),
    "voided": Label("同号另有作废记录", "taken back by a void row"),
    "lost_digits": Label("号码丢失位数", "digits of a number are lost"),
    "turned_to_date": Label("被表格软件改成日期", "turned into a date by a spreadsheet"),
    "duplicate": Label("重复行", "the same row again"),
    "missing": Label("必填项为空", "a required cell is blank"),
    "cell_error": Label("单元格错误", "an error of a spreadsheet"),
    "bad_amount": Label("金额无法识别", "no amount"),
    "bad_date": Label("日期无法识别", "no date"),
    "bad_number": Label("数值无法识别", "no number"),
    "bad_flag": Label("是否项无法识别", "neither yes nor no"),
    "too_long": Label("文字过长", "too long"),
    "unknown_status": Label("状态无法识别", "unknown status"),
    "unknown_word": Label("用词无法识别", "unknown word"),
    "future": Label("日期晚于截止日", "dated after the as-of date"),
    "placeholder": Label("占位内容，未指明任何企业或编号", "a filler that names nothing"),
    "reserved": Label("保留编号，企业不得使用", "an id that no firm may have"),
    "total_differs": Label("价税合计不等于金额加税额", "the total is not amount and tax"),
    "due_before_issued": Label("到期日早于开立日", "due before it was issued"),
    "own_parent": Label("凭证拆分自身", "a voucher split from itself"),
    "ends_before_begins": Label("终止日早于起始日", "ends before it begins"),
    "self_trade": Label("双方为同一企业", "both ends are one firm"),
    "contradicts": Label("与已有企业不一致", "another firm stands under this id"),
    "conflict": Label("编号相同而内容不同", "the id of another firm"),
    "replaced": Label("被同号的后续记录替换", "told again with other content"),
    "told_twice": Label("双方均已提供，只计一次", "told by both ends, counted once"),
    "told_elsewhere": Label("另一来源已提供，只计一次", "another source tells it, counted once"),
    "told_otherwise": Label("双方提供的内容不一致", "told otherwise by the other end"),
}


def described(reason: str) -> str:
    """
    Return a reason with its words in both languages.

    Example:
        >>> described("void")
        'void (void, 已作废)'
    """
    label = REASONS[reason]
    return f"{reason} ({label.en}, {label.zh})"
