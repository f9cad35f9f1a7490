"""What a proposal does not know, in both languages."""

from dataclasses import dataclass
from typing import Any

from ingestion.descriptions.reading.scope import OPEN


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One question."""

    en: str
    zh: str

    @property
    def open(self) -> str:
        """Return it as a description leaves it open."""
        return f"{OPEN}: {self.en} / {self.zh}"

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"label": {"zh": self.zh, "en": self.en}}


def whose(role: str) -> OpenQuestion:
    """Return the question who a party is that is the same in every row."""
    return OpenQuestion(
        f"who owns the file ({role} of every row)? no column says it; "
        "write {code: {const: …}, name: {const: …}}",
        f"该文件属于哪家企业（每行的 {role}）？没有任何列说明；"
        "请写 {code: {const: …}, name: {const: …}}",
    )


def which(column: str) -> OpenQuestion:
    """Return the question which column a required one is."""
    return OpenQuestion(
        f"which column is {column}? none looks like it", f"哪一列是 {column}？没有列与之相符"
    )


def day_order(column: str) -> OpenQuestion:
    """Return the question in which order the parts of days stand."""
    return OpenQuestion(
        f"days in {column!r} read as day-month and as month-day; is it dmy or mdy?",
        f"列 {column!r} 的日期既可读作日-月也可读作月-日；是 dmy 还是 mdy？",
    )


def meaning(column: str, word: str, known: str) -> OpenQuestion:
    """Return the question what a word of a column means."""
    return OpenQuestion(
        f"what is {word!r} in {column!r}: {known}?", f"列 {column!r} 中的 {word!r} 是：{known}？"
    )


def files(names: int) -> OpenQuestion:
    """Return the question which names the files have that are meant."""
    return OpenQuestion(
        f"what do the names of these {names} files have in common?",
        f"这 {names} 个文件的名称有什么共同之处？",
    )


def kept(column: str) -> OpenQuestion:
    """Return the question which rows hold facts."""
    return OpenQuestion(
        f"some rows add up others, and nothing but blank cells in {column!r} tells them: "
        "is it right?",
        f"有些行是合计行，只能由列 {column!r} 的空白识别；是否正确？",
    )
