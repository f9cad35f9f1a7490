"""What readers say against files, told in both languages with its place."""

import ast
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

import ingestion.readers
from app.platform.web.broken import QUOTED, broken, said_of, unread, why_of
from app.platform.web.unfit import UnfitFile
from ingestion.errors import BadFile
from ingestion.readers import read, strangers
from ingestion.readers.blocks import other_width

READERS = Path(ingestion.readers.__file__).parent


def reasons() -> Iterator[str]:
    """Yield what readers raise, in their own words, with a number or sign where values stand."""
    for place in sorted(READERS.glob("*.py")):
        for node in ast.walk(ast.parse(place.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "BadFile":
                yield written(node.args[0])


def written(node: ast.expr) -> str:
    """Return a text of the code, "7" where a value stands, "'x'" where one is quoted."""
    if not isinstance(node, ast.JoinedStr):
        return str(getattr(node, "value", "…"))
    parts = [
        str(each.value)
        if isinstance(each, ast.Constant)
        else ("'x'" if getattr(each, "conversion", -1) == ord("r") else "7")
        for each in node.values
    ]
    return "".join(parts)


def test_whatever_readers_say_has_words_of_its_own() -> None:
    said = [each.removeprefix("7: ") for each in reasons() if each.startswith("7: ")]
    strange = {each for each in said if said_of(each).why.key == f"unfit_why_{QUOTED}"}

    assert len(said) > 30
    assert strange == {"7", "line 1: 7"}  # Those that hand on what others say.


@pytest.mark.parametrize(
    "why",
    [
        *(strangers.MIXED_UTF, strangers.MIXED_GB, strangers.MIXED_OTHER),
        *(other_width(3, 2), "holds a NUL byte", "is not gb18030 text"),
    ],
)
def test_what_is_said_of_a_row_has_words_too(why: str) -> None:
    assert why_of(why).key != f"unfit_why_{QUOTED}"


def refusal(tmp_path: Path, name: str, content: bytes) -> UnfitFile:
    """Return what is told of a file that is broken."""
    place = tmp_path / f"0{name[name.index('.') :]}"
    place.write_bytes(content)
    with pytest.raises(BadFile) as bad:
        list(read(place, lambda _: True))
    return broken(name, str(bad.value), place.name)


@pytest.mark.parametrize(
    ("name", "content", "zh", "en"),
    [
        (
            "单.csv",
            b'number,a\nR1,1\n"R2,2\nR3',
            "第 3 行：引号没有闭合",
            "line 3: a quote is opened",
        ),
        (
            "a.csv",
            b"number,<b>,<b>\nR1,1,2\n",
            "列名“<b>”出现两次",
            "line 1: the column “<b>” stands",
        ),
        ("a.xlsx", b"number\nR1\n", "内容与扩展名不符", "is not what its ending says"),
        ("a.csv", "number\nR\n".encode("utf-16"), "不读取 UTF-16", "text in UTF-16 is not read"),
        ("a.csv.gz", gzip.compress(b"number\nR1\n" * 99)[:-9], "压缩文件损坏", "archive is broken"),
        ("a.parquet", b"PAR1 and no more", "Parquet 文件损坏", "the Parquet file is broken"),
    ],
)
def test_a_broken_file_is_told_with_its_place_and_why(
    tmp_path: Path, name: str, content: bytes, zh: str, en: str
) -> None:
    refused = refusal(tmp_path, name, content)

    told = {each: str(refused.further[each]) for each in ("zh", "en")}
    assert all(text.startswith(f"{name}: ") for text in (*told.values(), str(refused)))
    assert zh in told["zh"]
    assert en in told["en"]
    assert en in str(refused)
    assert not any(str(tmp_path) in text or " 0." in text for text in told.values())


def test_a_row_is_told_with_its_column_and_long_quotes_are_cut() -> None:
    told = unread("a.csv", 7, "金额", "holds a NUL byte").further
    assert told["zh"] == "a.csv: 第 7 行“金额”列无法读取（含有空字节），因此全部未办理。"

    long = broken("a.csv", f"0.csv: line 1: column '{'x' * 9999}' stands twice", "0.csv").further
    assert len(str(long["en"])) < 300


def test_words_nobody_knows_are_told_as_they_are() -> None:
    told = broken("a.csv", "0.csv: sheet 'S': line 4: {strange} 0.csv", "0.csv").further

    assert str(told["en"]).startswith("a.csv: sheet “S”, line 4: the reader says: {strange} …;")
