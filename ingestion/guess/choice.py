"""Which table some rows give."""

from dataclasses import dataclass

from ingestion.forms import form, plain_word
from ingestion.guess import meanings
from ingestion.guess.looked import LookedAt
from ingestion.guess.meanings import ColumnMeanings
from ingestion.guess.vocabulary import plain, tokens_of, vocabulary

# By table the ends of which one may be the owner of the file.
OWNED = {
    "invoices": ("seller", "buyer"),
    "orders": ("seller", "buyer"),
    "receivables": ("seller", "buyer"),
    "vouchers": ("holder",),
    "registrations": ("pledgor",),
    "holdings": ("owner",),
    "flows": ("firm",),
}
# What stands for a column that is not there.
INSTEAD = {
    ("receivables", "amount"): ("=face",),
    ("invoices", "amount"): ("total",),
    ("events", "amount"): ("=credit", "=debit"),
    ("events", "happened_on"): ("=moment",),
    ("events", "kind"): ("=debit", "=side", "amount"),
    ("flows", "amount"): ("=credit", "=debit"),
    ("flows", "happened_on"): ("=moment",),
    ("firms", "firm"): ("name", "uscc"),
    ("firms", "name"): ("uscc",),
}
_TITLE, _TITLES_MAX = 1.5, 2
_REQUIRED, _FURTHER, _HELPER = 2.0, 0.6, 0.5
_LACKS, _OWNED_LACKS = -1.8, -0.4
_TOLD_MIN = 2  # So many required columns tell a table.
_SCORE_MIN = 2.0
# How much a column speaks for a table that others do not have.
_TELLING = {
    ("invoices", "tax"): 1.0, ("invoices", "=series"): 1.0, ("receivables", "due_on"): 0.7,
    ("receivables", "paid"): 0.7, ("events", "=balance"): 1.2, ("events", "=credit"): 0.8,
    ("events", "=debit"): 0.8, ("events", "=account"): 0.6, ("vouchers", "=range"): 1.0,
    ("flows", "=balance"): 1.2, ("flows", "=credit"): 0.8, ("flows", "=debit"): 0.8,
    ("flows", "kind"): 1.5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TableChoice:
    """A table, what the columns mean for it, and how well it fits."""

    table: str
    meanings: ColumnMeanings
    score: float
    lacks: tuple[str, ...]  # Required columns that nothing stands for.


def of(looked: LookedAt) -> list[TableChoice]:
    """Return the tables that rows may give, the likeliest first; none where nothing fits."""
    found = [of_table(looked, table) for table in vocabulary().tables]
    fitting = [each for each in found if each.score >= _SCORE_MIN and _told(each)]
    fitting = [each for each in fitting if each.table != "flows" or _is_sorted(looked, each)]
    return sorted(fitting, key=lambda each: -each.score)


def _is_sorted(looked: LookedAt, choice: TableChoice) -> bool:
    """Return whether payments are of kinds that are known: only then they are flows."""
    column = choice.meanings.column("kind")
    words = None if column is None else looked.profiles[column].words
    known = form("flows").columns["kind"].words or {}
    return bool(words) and 2 * sum(plain_word(word) in known for word in words or ()) >= len(
        words or ()
    )


def of_table(looked: LookedAt, table: str) -> TableChoice:
    """Return what columns mean for one table, and how well it fits."""
    found = meanings.of_table(looked, table)
    known = form(table)
    score, lacks = _titled(looked, table), []
    for meaning, columns in found.columns.items():
        sure = max(found.sure[name] for name in columns)
        base = meaning.removesuffix(" name").removesuffix(" code")
        column = known.columns.get(base)
        weight = _HELPER if column is None else _REQUIRED if column.required else _FURTHER
        if meaning.endswith(" code") and found.column(f"{base} name"):
            weight = _FURTHER
        score += weight * sure + _TELLING.get((table, meaning), 0.0) * sure
    for column in known.columns.values():
        if column.required and not _stands(found, table, column.name):
            ends = OWNED.get(table, ())
            others = [end for end in ends if end != column.name and found.party(end)]
            owned = column.name in ends and (len(ends) == 1 or others)
            score += _OWNED_LACKS if owned else _LACKS
            lacks.append(column.name)
    return TableChoice(table, found, score, tuple(lacks))


def _stands(found: ColumnMeanings, table: str, name: str) -> bool:
    if found.column(name) or found.party(name):
        return True
    return any(found.column(other) for other in INSTEAD.get((table, name), ()))


def _told(choice: TableChoice) -> bool:
    known = form(choice.table)
    told = [c.name for c in known.columns.values() if c.required and c.name not in choice.lacks]
    return len(told) >= min(_TOLD_MIN, len(known.columns))


def _titled(looked: LookedAt, table: str) -> float:
    """Return how much the name of the file, the sheet and the lines above speak for a table."""
    texts = [path.stem for path in looked.paths[:3]]
    texts += [looked.sheet, *looked.labels, *looked.above[:3]]
    said = " ".join(f"{plain(text)} {' '.join(tokens_of(text))}" for text in texts)
    words = vocabulary().tables[table].titles
    hits = sum(1 for word in dict.fromkeys(words) if word and word in said)
    return _TITLE * min(hits, _TITLES_MAX) / _TITLES_MAX + (_TITLE / 2 if hits else 0.0)
