"""What a proposal says of each table: how its columns are read, and which rows hold facts."""

from collections.abc import Callable, Mapping
from typing import Any

from ingestion.forms import form, plain_word
from ingestion.guess import meanings, questions, readings, sides
from ingestion.guess.proofs import AmountColumns
from ingestion.guess.proposing import Proposal
from ingestion.guess.vocabulary import plain, tokens_of, vocabulary
from ingestion.guess.writing import in_text, usable, words_of

_RED, _BLUE = "red", "blue"
_WIDTH_MAX = 20  # Of numbers that lack noughts before them.
_DASH = "-"


def describe(proposal: Proposal) -> None:
    """Fill in what the description says of the tables that some rows give."""
    table = proposal.table
    if table is None:
        return
    columns = _BY_TABLE.get(table, _plain)(proposal)
    sides.change(proposal, columns)
    said = {"table": table, "from": proposal.set_name, "columns": columns}
    proposal.tables.insert(0, said)
    for name, column in form(table).columns.items():
        if column.required and name not in columns and not (table == "firms" and columns):
            columns[name] = proposal.ask(questions.which(name))


def _plain(proposal: Proposal) -> dict[str, Any]:
    """Return the columns of a table as what they mean says, each by its kind."""
    found, table = proposal.meanings, proposal.table or ""
    columns: dict[str, Any] = {}
    for name, column in form(table).columns.items():
        if column.kind == "party":
            if found.party(name) or column.required or name in proposal.joined:
                columns[name] = readings.party(proposal, name)
        elif name in proposal.taken:
            columns[name] = proposal.taken[name]
        elif (own := found.column(name)) is not None:
            columns[name] = _by_kind(proposal, table, name, own)
    currency = found.column("currency") or proposal.taken.get("currency")
    if currency is not None and "currency" in form(table).parts:
        columns["currency"] = currency
    return {name: value for name, value in columns.items() if value is not None}


def _by_kind(proposal: Proposal, table: str, name: str, own: str) -> Any:
    column = form(table).columns[name]
    if column.kind == "money":
        return readings.money(proposal, own)
    if column.kind == "date":
        return readings.day(proposal, own)
    if column.kind == "ratio":
        return _share(proposal, own)
    if column.words is not None:
        return readings.words(proposal, table, name)
    return own


def _share(proposal: Proposal, own: str) -> Any:
    profile = proposal.looked.profiles[own]
    numbers = profile.texts.str.replace("[%％]", "").cast(float, strict=False).drop_nulls()
    hundred = not profile.shares and len(numbers) and float(numbers.max() or 0) > 1  # type: ignore[arg-type]
    return {"from": own, "per_cent": True} if hundred else own


def _invoices(proposal: Proposal) -> dict[str, Any]:
    found = proposal.meanings
    columns = _plain(proposal)
    if found.columns.get("number"):
        columns["number"] = number(proposal)
    amount, tax, total = (found.column(name) for name in ("amount", "tax", "total"))
    if amount is None and total is not None:
        whole = readings.money(proposal, total)
        columns["amount"] = whole if tax is None else _less(whole, readings.money(proposal, tax))
    if kind := found.column("kind"):
        columns["kind"] = _red_or_blue(proposal, kind, columns)
        if columns["kind"] is None:
            del columns["kind"]
    _credit_notes(proposal, columns)
    _owed(proposal, columns)
    if (goods := found.column("goods")) and goods in proposal.looked.repeats:
        columns["goods"] = {"all": goods}
    elif goods is None and proposal.goods is not None:
        columns["goods"] = {"all": proposal.goods}
    return columns


def _credit_notes(proposal: Proposal, columns: dict[str, Any]) -> None:
    """Let documents be red letters whose root says so."""
    roots = [root for root in proposal.looked.roots if _is_credit(root)]
    if not roots or "kind" in columns or len(roots) == len(proposal.looked.roots):
        return
    red = {"_root": roots[0] if len(roots) == 1 else roots}
    for name in ("amount", "tax", "total"):
        if name in columns:
            columns[name] = {**_from(columns[name]), "red_when": red}
    columns["kind"] = {"when": [{"if": red, "then": {"const": _RED}}], "else": {"const": _BLUE}}


def _is_credit(root: str) -> bool:
    return bool({"credit", "refund", "storno", "红字"} & set(tokens_of(root)))


def _owed(proposal: Proposal, columns: dict[str, Any]) -> None:
    """Propose that documents with what is payable, and when, are receivables too."""
    payable, due = (proposal.meanings.column(name) for name in ("=payable", "=due_on"))
    told = {"seller", "buyer", "number", "issued_on"} <= columns.keys()
    if payable is None or due is None or not told:
        return
    kept = [root for root in proposal.looked.roots if not _is_credit(root)]
    owed: dict[str, Any] = {"table": "receivables", "from": proposal.set_name}
    if len(kept) < len(proposal.looked.roots):
        owed["keep"] = [{"_root": kept[0] if len(kept) == 1 else kept}]
    same = {name: columns[name] for name in _SAME if name in columns}
    amount = readings.money(proposal, payable)
    owed["columns"] = {**same, "amount": amount, "due_on": readings.day(proposal, due)}
    proposal.tables.append(owed)


_SAME = ("number", "seller", "buyer", "currency", "issued_on")


def _from(value: Any) -> dict[str, Any]:
    """Return a reading of money with the key that says of which column."""
    return value if isinstance(value, dict) else {"from": value}


def _less(whole: Any, part: Any) -> dict[str, Any]:
    return {**(whole if isinstance(whole, dict) else {"from": whole}), "less": part}


def number(proposal: Proposal) -> Any:
    """Return what tells an invoice apart: one of two numbers, or one with that of its series."""
    found, looked = proposal.meanings, proposal.looked
    own, series = found.columns.get("number", []), found.column("=series")
    if series is None or not in_text(series):
        return own[0] if len(own) == 1 else own
    coded = [
        name
        for name in own
        if in_text(name)
        and bool((looked.body[series].is_not_null() & looked.body[name].is_not_null()).any())
    ]
    options: list[Any] = [name for name in own if name not in coded]
    for name in coded:
        numbers = looked.body[name].filter(looked.body[series].is_not_null())
        width = int(numbers.str.len_chars().max() or 0)  # type: ignore[arg-type]
        digits = width <= _WIDTH_MAX and bool(numbers.str.contains("^[0-9]*$").all())
        slot = f"{name}|{max(width, 8)}" if digits and width <= 8 else name  # noqa: PLR2004  # as on paper
        options.append({"text": f"{{{series}}}{{{slot}}}"})
        if bool(looked.body[series].is_null().any()) and not options[:-1]:
            options.append(name)
    return options[0] if len(options) == 1 else options


def _red_or_blue(proposal: Proposal, kind: str, columns: dict[str, Any]) -> Any:
    """Return which words are of red letters: those beside amounts below nought."""
    looked = proposal.looked
    accepted = form("invoices").columns["kind"].words or {}
    seen = looked.profiles[kind].words
    if not seen or not all(map(usable, seen)):
        return None
    if all(plain_word(word) in accepted for word in seen):
        return kind
    amounts = AmountColumns.of(looked).fen
    column = next(
        (c for n in ("amount", "total") if (c := proposal.meanings.column(n)) in amounts), None
    )
    below = amounts[column] < 0 if column else None
    meant = {}
    for word in seen:
        rows = looked.body[kind] == word
        red = below is not None and bool((rows & below).fill_null(value=False).any())
        meant[word] = _RED if red else _said_red(kind, word)
    if below is None or not bool(below.any()):
        reds = [word for word, own in meant.items() if own == _RED]
        for name in ("amount", "tax", "total") if reds else ():
            if name in columns:
                columns[name] = {**_from(columns[name]), "red_when": {kind: reds}}
    return {"from": kind, "words": meant}


def _said_red(kind: str, word: str) -> str:
    yes = plain_word(word) in ("是", "y", "yes", "true", "1")
    asks_red = any(sign in kind for sign in ("红", "负")) and "正" not in kind
    plain_red = any(sign in word for sign in ("红", "负", "red", "credit"))
    return _RED if (yes == asks_red and ("是" in kind or "标" in kind)) or plain_red else _BLUE


def _receivables(proposal: Proposal) -> dict[str, Any]:
    found, looked = proposal.meanings, proposal.looked
    columns = _plain(proposal)
    opened, face = found.column("amount"), found.column("=face")
    if opened is not None:
        columns.pop("paid", None)
    elif face is not None:
        columns["amount"] = readings.money(proposal, face)
    amount = opened or face
    side = found.column("=side")
    lowering = sided(proposal, side) if side else []
    if lowering and amount:
        columns["amount"] = {**_from(columns["amount"]), "minus_when": {side: lowering}}
    if kind := found.column("=type"):
        _keep_claims(proposal, kind)
    if amount and (opened or lowering or looked.profiles[amount].signed):
        proposal.rows.setdefault("keep", []).append({"positive": columns["amount"]})
    paid_on = found.column("paid_on")
    if paid_on is not None and "status" not in columns:
        done = {"if": {paid_on: {"zero": False}}, "then": {"const": "paid"}}
        columns["status"] = {"when": [done], "else": {"const": "open"}}
    return columns


def sided(proposal: Proposal, side: str) -> list[str]:
    """Return the words of a column that lower an amount; none where its words are unknown."""
    table = "events" if proposal.table in ("events", "flows") else "receivables"
    lists = vocabulary().lists
    lowers, raises = ({plain_word(w) or w for w in lists[n][table]} for n in ("lowers", "raises"))
    seen = proposal.looked.profiles[side].words or []
    told = [plain_word(word) or word for word in seen]
    if not all(word in lowers or word in raises for word in told):
        return []
    return [word for word, own in zip(seen, told, strict=True) if own in lowers]


def _keep_claims(proposal: Proposal, kind: str) -> None:
    seen = words_of(proposal.looked.profiles[kind].words or [])
    lists = vocabulary().lists
    none, claims = (set(map(plain, lists[name])) for name in ("no_claims", "claims"))
    left = [word for word in seen if plain(word) in none]
    if not left:
        return
    kept = [word for word in seen if word not in left]
    if kept and all(plain(word) in claims for word in kept):
        codes = [word for word in lists["claims"] if word.isupper() and word.isascii()]
        kept += [word for word in codes if set(kept) & set(codes) and word not in kept]
        proposal.rows.setdefault("keep", []).append({kind: kept})
    else:
        proposal.rows.setdefault("keep", []).append({kind: {"not": left}})


def _events(proposal: Proposal) -> dict[str, Any]:
    columns = _plain(proposal)
    goes_out = _moved(proposal, columns)
    out, in_ = {"const": "payment_out"}, {"const": "payment_in"}
    if goes_out is not None:
        columns["kind"] = {"when": [{"if": goes_out, "then": out}], "else": in_}
    elif "amount" in columns:
        above = {"if": {"positive": columns["amount"]}, "then": in_}
        columns["kind"] = {"when": [above], "else": out}
    reference = proposal.meanings.column("source")
    if reference is not None and in_text(reference):
        columns["source"] = {"text": f"bank:{{{reference}}}"}
    _keep_payments(proposal)
    return columns


def _flows(proposal: Proposal) -> dict[str, Any]:
    columns = _plain(proposal)
    _moved(proposal, columns)
    return columns


def _moved(proposal: Proposal, columns: dict[str, Any]) -> dict[str, Any] | None:
    """Fill in day and amount of what an account moves by, and return when that goes out."""
    found = proposal.meanings
    moment = found.column("=moment")
    if "happened_on" not in columns and moment is not None:
        columns["happened_on"] = readings.day(proposal, moment)
    debit, credit, one = (found.column(name) for name in ("=debit", "=credit", "amount"))
    if debit and credit:
        amount = _from(readings.money(proposal, credit))
        columns["amount"] = {**amount, "less": readings.money(proposal, debit)}
        return {debit: {"zero": False}}
    side = found.column("=side")
    lowering = sided(proposal, side) if side and one else []
    if lowering and side:
        columns["amount"] = {**_from(columns["amount"]), "minus_when": {side: lowering}}
        return {side: lowering}
    return None


def _keep_payments(proposal: Proposal) -> None:
    """Leave out what names nobody, and what goes to the own accounts."""
    other = proposal.meanings.column("firm name") or proposal.meanings.column("firm code")
    if other is None:
        return
    ways: dict[str, Any] = {"blank": False}
    owner = proposal.owner
    if owner is not None and isinstance(owner.value, str):
        ways["differs_from"] = owner.value
    elif owner is not None:
        ways["not"] = [owner.name]
    proposal.rows.setdefault("keep", []).append({other: ways})


def _vouchers(proposal: Proposal) -> dict[str, Any]:
    found, looked = proposal.meanings, proposal.looked
    columns = _plain(proposal)
    own, part = found.column("number"), found.column("=range")
    if own and part and in_text(own) and in_text(part):
        columns["number"] = {"text": f"{{{own}}}-{{{part}}}"}
    kind = found.column("=type")
    seen = words_of(looked.profiles[kind].words or []) if kind else []
    banks = [word for word in seen if "银行" in word or "bank" in word.lower()]
    if kind and banks and len(banks) < len(seen):
        firms = [word for word in seen if word not in banks]
        commercial = all("商业承兑" in word for word in firms)
        keep = {"matches": ".*商业承兑.*"} if commercial else firms
        proposal.rows.setdefault("keep", []).append({kind: keep})
    return columns


def _holdings(proposal: Proposal) -> dict[str, Any]:
    found = proposal.meanings
    columns = _plain(proposal)
    state = found.column("=state")
    if state:
        gone = vocabulary().lists["struck_off"]
        seen = proposal.looked.profiles[state].words or []
        if any(plain_word(word) in set(map(plain_word, gone)) for word in seen):
            also = [word for word in words_of(seen) if "销" in word and word not in gone]
            proposal.rows.setdefault("keep", []).append({state: {"not": [*gone, *also]}})
    _firms_owned(proposal)
    return columns


def _firms_owned(proposal: Proposal) -> None:
    """Propose that the same rows tell the firms that are owned, where columns do."""
    looked, found = proposal.looked, proposal.meanings
    owned, code = found.column("owned name"), found.column("owned code")
    told = meanings.of_table(looked, "firms")
    columns: dict[str, Any] = {}
    for name in ("founded_on", "region", "sector", "capital", "size"):
        column = told.column(name)
        if column is None or found.meaning(column) is not None:
            continue
        found.give(f"firms {name}", column, *told.evidence[column])
        own = _by_kind(proposal, "firms", name, column)
        if (looked.body[column] == _DASH).any() and own == column:
            own = {"when": [{"if": {column: {"not": _DASH}}, "then": column}]}
        columns[name] = own
    if columns and owned:
        who = {"name": owned} | ({"uscc": code} if code else {})
        proposal.tables.append(
            {"table": "firms", "from": proposal.set_name, "columns": {**who, **columns}}
        )


_BY_TABLE: Mapping[str, Callable[[Proposal], dict[str, Any]]] = {
    "invoices": _invoices,
    "receivables": _receivables,
    "events": _events,
    "flows": _flows,
    "vouchers": _vouchers,
    "holdings": _holdings,
}
