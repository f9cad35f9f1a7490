"""What columns are read as in a description: amounts, days, parties, words."""

import re
from typing import Any

from ingestion.forms import form, plain_word
from ingestion.guess import questions
from ingestion.guess.choice import OWNED
from ingestion.guess.evidence import ENOUGH
from ingestion.guess.proposing import Proposal
from ingestion.guess.questions import OpenQuestion
from ingestion.guess.vocabulary import vocabulary
from ingestion.guess.writing import BlockMapping, usable

_UNITS = {"元": "yuan", "千元": "1k_yuan", "万元": "10k_yuan", "亿元": "100m_yuan", "分": "fen"}
_UNITS |= {"fen": "fen", "cent": "fen", "cents": "fen", "yuan": "yuan"}
_UNIT = "(?:人民币)?([百千万亿]{0,2}元|分)"
_OF_HEADER = re.compile(rf"(?:[(（\[/:：_]|^){_UNIT}[)）\]]?(?:[(（].*)?$")
_LATIN_UNIT = re.compile(r"(?i)[_ (](fen|cents?|yuan)\)?$")
_VOID = re.compile(r"作废|无效|撤销|void|cancel|storn", re.IGNORECASE)
_ZONE = "Asia/Shanghai"
_YES = ("是", "y", "yes", "true", "1")
_NO = ("否", "n", "no", "false", "0")


def money(proposal: Proposal, column: str) -> Any:
    """Return an amount."""
    looked = proposal.looked
    said: dict[str, str] = {"from": column}
    unit = unit_of(proposal, column)
    if unit != "yuan":
        said["unit"] = unit
    if looked.decimal == "," and looked.profiles[column].amounts:
        said["decimal"] = ","
    return column if len(said) == 1 else said


def unit_of(proposal: Proposal, column: str) -> str:
    """Return the unit of the amounts of a column, by its header or a line above."""
    found = _OF_HEADER.search(column)
    latin = _LATIN_UNIT.search(column)
    word = latin[1].lower() if latin else found[1] if found else _above(proposal)
    if word is None or word in _UNITS:
        return _UNITS.get(word or "元", "yuan")
    return proposal.ask(
        OpenQuestion(
            f"amounts in {column!r} are in {word}, a unit that is none of fen, yuan, 1k_yuan, "
            "10k_yuan, 100m_yuan",
            f"列 {column!r} 的金额单位为{word}，不在 fen、yuan、1k_yuan、10k_yuan、100m_yuan 之中",
        )
    )


def _above(proposal: Proposal) -> str | None:
    for line in proposal.looked.above:
        for label in vocabulary().lists["units"]:
            found = re.search(rf"(?i:{re.escape(label)})[：:]\s*{_UNIT}", line)
            if found:
                return found[1]
    return None


def day(proposal: Proposal, column: str) -> Any:
    """Return a day."""
    looked, profile = proposal.looked, proposal.looked.profiles[column]
    if profile.epoch:
        return {"from": column, "epoch": profile.epoch, "zone": _ZONE}
    if not profile.days or profile.days["ymd"] == max(profile.days.values()):
        return column
    order = looked.order
    if order == "ymd":  # Most days of the others; these are in another order by themselves.
        order = (
            None
            if profile.days["dmy"] == profile.days["mdy"]
            else max(("dmy", "mdy"), key=lambda each: profile.days[each])
        )
    return {"from": column, "order": order or proposal.ask(questions.day_order(column))}


def party(proposal: Proposal, role: str) -> Any:
    """Return a party by its columns, by who owns the file, or as a question."""
    found = proposal.meanings
    code, name = found.column(f"{role} code"), found.column(f"{role} name")
    joined = proposal.joined.get(role, {})
    if joined:
        names = [each for each in (joined.get("name"), name) if each]
        told: dict[str, Any] = {"code": joined["code"]} if "code" in joined else {}
        return {**told, "name": names[0] if len(names) == 1 else names} if names else told
    if code and name:
        return {"code": code, "name": part_of(proposal, name)}
    if code or name:
        return code or part_of(proposal, name or "")
    if role in proposal.grouped:
        return proposal.grouped[role]
    ends = OWNED.get(proposal.table or "", ())
    told_besides = all(found.party(end) or end in proposal.grouped for end in ends if end != role)
    if told_besides or (proposal.owner is not None and role == ends[0]):
        return (
            proposal.ask(questions.whose(role)) if proposal.owner is None else proposal.owner.value
        )
    return proposal.ask(questions.which(role))


_PARTS = (
    # A number of the package's own before the name, the credit code behind it.
    r"[0-9A-Za-z]+[-_/|:： ]+([^0-9A-Za-z\s].*)",
    r"([^（(]+)[（(][0-9A-Z]{18}[）)]",
)


def part_of(proposal: Proposal, column: str) -> Any:
    """Return a name of a firm, which may be only a part of what its cells hold."""
    profile = proposal.looked.profiles[column]
    texts = profile.texts.drop_nulls()
    for pattern in _PARTS:
        fits = texts.str.contains(f"^(?:{pattern})$")
        if len(texts) and int(fits.sum()) >= ENOUGH * len(texts):
            return {"from": column, "matching": pattern}
    return column


def words(proposal: Proposal, table: str, meaning: str) -> Any:
    """Return a column of words, each with what it means; None where it holds none."""
    column = proposal.meanings.column(meaning)
    if column is None:
        return None
    profile, known = proposal.looked.profiles[column], form(table).columns[meaning]
    accepted = known.words or {}
    seen = [word for word in profile.words or () if usable(word)]
    if known.kind != "word" or all(plain_word(word) in accepted for word in seen):
        return column
    targets = dict.fromkeys(accepted.values())
    meant = BlockMapping()
    for word in seen:
        own = _target(table, meaning, column, word)
        if own is None and "void" not in targets and _VOID.search(word):
            _void(proposal, column, word)
            continue
        meant[word] = own or proposal.ask(questions.meaning(column, word, ", ".join(targets)))
    if profile.words is None or not meant:
        return None
    return {"from": column, "words": meant}


def _target(table: str, meaning: str, column: str, word: str) -> str | None:
    """Return the word of a table that a word of a column means; None where nothing tells it."""
    accepted = form(table).columns[meaning].words or {}
    others = vocabulary().tables[table].states.get(meaning, {})
    own = accepted.get(plain_word(word)) or others.get(plain_word(word))
    if own is not None or "void" not in accepted.values():
        return own
    if _VOID.search(column) and plain_word(word) in (*_YES, *_NO):
        yes = plain_word(word) in _YES
        return "void" if yes else next(each for each in accepted.values() if each != "void")
    return "void" if _VOID.search(word) else None


def _void(proposal: Proposal, column: str, word: str) -> None:
    """Let rows with a word count for nothing."""
    said = proposal.rows.setdefault("void", [{column: []}])
    said[0].setdefault(column, []).append(word)
