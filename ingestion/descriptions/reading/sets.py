"""Sets out of nodes: where rows are from, and what is done with them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from ingestion import sets
from ingestion.descriptions import model
from ingestion.descriptions.nodes import YamlNode
from ingestion.descriptions.reading import values
from ingestion.descriptions.reading.scope import NO_NAME, ReadingScope
from ingestion.sets import addresses, batch, json_paths, statements, xpaths
from ingestion.sets.errors import nearest
from ingestion.sets.headers import is_free

_STEPS = ("hold", "joins", "keep", "void", "group", "ignored")
_BESIDE = (batch.FILE, batch.SHEET, batch.ROOT)
_SEPARATORS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
_ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16", "gb18030": "gb18030"}
# The keys of each kind of set; the first that stands in a set tells its kind.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "forms": ("forms",),
    "query": ("query", "address_from", "since", "since_first"),
    "widths": ("files", "widths", "encoding"),
    "json": ("files", "json", "fields"),
    "records": ("files", "namespaces", "records", "fields"),
    "namespaces": ("files", "namespaces", "records", "fields"),
    "files": (
        "files", "sheet", "header", "header_rows", "synonyms", "encoding", "separator",
    ),
}  # fmt: skip


def rows(
    name: str, node: YamlNode, scope: ReadingScope, takes: Mapping[str, Collection[str] | None]
) -> model.Rows:
    """
    Return one set.

    Args:
        name: Its name.
        node: What is said of it.
        scope: Where faults go.
        takes: By set, the columns that are known of it; without those of others files decide.
    """
    kind = _kind(node)
    keys = scope.keys(node, (*_KINDS[kind], *_STEPS))
    origin = _ORIGINS[kind](name, node, keys, scope)
    known = takes.get(name)
    inner = replace(scope, columns=known, above=isinstance(origin, sets.Grid))
    joins = [_join(item, inner, takes) for item in _list(keys, "joins", scope)]
    return model.Rows(
        origin,
        hold=tuple(_hold(item, inner) for item in _one_or_more(keys, "hold", scope)),
        joins=tuple(join for join in joins if join is not None),
        keep=values.conditions(keys["keep"], inner) if "keep" in keys else (),
        void=values.conditions(keys["void"], inner) if "void" in keys else (),
        group=_group(keys["group"], inner) if "group" in keys else None,
        ignored=scope.texts(keys["ignored"]) if "ignored" in keys else (),
    )


def columns_of(node: YamlNode) -> Collection[str] | None:
    """Return the columns that a set can have, as far as its description alone tells; None: any."""
    given = node.keys or {}
    taken = [
        name
        for item in (given["joins"].items or () if "joins" in given else ())
        if item.keys is not None and "take" in item.keys
        for name in item.keys["take"].keys or ()
    ]
    kind = _kind(node)
    if kind in ("query", "files", "forms"):
        return None
    found = [*taken, *_BESIDE]
    if kind == "widths":
        found += [width.items[0].text or "" for width in given["widths"].items or () if width.items]
    records = given["records"].items or () if "records" in given else ()
    for inner in (node, *records):
        if inner.keys is not None and "fields" in inner.keys:
            found += inner.keys["fields"].keys or ()
    return found


def _kind(node: YamlNode) -> str:
    return next((kind for kind in _KINDS if node.keys and kind in node.keys), "files")


def _list(keys: Mapping[str, YamlNode], key: str, scope: ReadingScope) -> tuple[YamlNode, ...]:
    return scope.items(keys[key]) if key in keys else ()


def _one_or_more(
    keys: Mapping[str, YamlNode], key: str, scope: ReadingScope
) -> tuple[YamlNode, ...]:
    return scope.one_or_more(keys[key]) if key in keys else ()


def _checked(scope: ReadingScope, node: YamlNode, check: Callable[[str], object]) -> str:
    text = scope.text(node)
    try:
        if text:
            check(text)
    except sets.Wrong as error:
        scope.fault(node, str(error))
    return text


def _files(node: YamlNode, keys: Mapping[str, YamlNode], scope: ReadingScope) -> str:
    if "files" not in keys:
        scope.fault(node, "key files is missing")
        return ""
    return scope.regex(keys["files"])


def _grid(name: str, node: YamlNode, keys: Mapping[str, YamlNode], scope: ReadingScope) -> sets.Set:
    synonyms = scope.named(keys["synonyms"]) if "synonyms" in keys else {}
    lines = scope.number(keys["header_rows"], 1) if "header_rows" in keys else 1
    if lines > 2:  # noqa: PLR2004  # one row, or one above the other
        scope.fault(keys["header_rows"], "a header has one row or two")
    return sets.Grid(
        name,
        _files(node, keys, scope),
        header=scope.texts(keys["header"]) if "header" in keys else (),
        sheet=scope.regex(keys["sheet"]) if "sheet" in keys else None,
        header_rows=min(lines, 2),
        synonyms={own: scope.words(others) for own, others in synonyms.items()},
        encoding=_encoding(keys, scope),
        separator=_SEPARATORS.get(scope.choice(keys["separator"], _SEPARATORS))
        if "separator" in keys
        else None,
    )


def _encoding(keys: Mapping[str, YamlNode], scope: ReadingScope) -> str | None:
    if "encoding" not in keys:
        return None
    text = scope.text(keys["encoding"]).lower()
    if text and text not in _ENCODINGS:
        scope.fault(keys["encoding"], f"{text!r} is none of UTF-8, UTF-16, GB18030")
    return _ENCODINGS.get(text)


def _fixed(
    name: str, node: YamlNode, keys: Mapping[str, YamlNode], scope: ReadingScope
) -> sets.Set:
    widths = []
    after = 0
    for item in scope.items(keys["widths"]):
        parts = scope.items(item)
        if len(parts) != 3:  # noqa: PLR2004  # name, first, last
            scope.fault(item, "a width is [name, first, last]")
            continue
        first, last = scope.number(parts[1], 1), scope.number(parts[2], 1)
        if last < first or first <= after:
            scope.fault(item, f"characters {first} to {last} do not follow those before them")
        after = max(after, last)
        called = scope.text(parts[0])
        if called and not is_free(called):
            scope.fault(parts[0], NO_NAME.format(name=called))
        widths.append((called, first, last))
    return sets.Fixed(
        name, _files(node, keys, scope), tuple(widths), encoding=_encoding(keys, scope)
    )


def _xml(name: str, node: YamlNode, keys: Mapping[str, YamlNode], scope: ReadingScope) -> sets.Set:
    if "records" not in keys:
        scope.fault(node, "key records is missing")
    spaces = scope.named(keys["namespaces"]) if "namespaces" in keys else {}
    prefixes = {}
    for prefix, inner in spaces.items():
        try:
            prefixes[xpaths.prefixed(prefix)] = scope.text(inner)
        except sets.Wrong as error:
            scope.fault(inner, str(error))
    prefixes = {prefix: space for prefix, space in prefixes.items() if space}
    records = tuple(_record(item, prefixes, scope) for item in _list(keys, "records", scope))
    fields = _paths(keys, prefixes, scope)
    return sets.Xml(name, _files(node, keys, scope), records, fields, prefixes)


def _record(node: YamlNode, prefixes: Mapping[str, str], scope: ReadingScope) -> sets.Record:
    keys = scope.keys(node, ("root", "namespace", "each", "fields"), ("root",))
    each = keys.get("each")
    return sets.Record(
        scope.text(keys["root"]) if "root" in keys else "",
        scope.regex(keys["namespace"]) if "namespace" in keys else None,
        None if each is None else _checked(scope, each, lambda t: xpaths.checked(t, prefixes)),
        _paths(keys, prefixes, scope),
    )


def _paths(
    keys: Mapping[str, YamlNode], prefixes: Mapping[str, str], scope: ReadingScope
) -> dict[str, str]:
    given = scope.new_names(keys["fields"]) if "fields" in keys else {}
    return {
        field: _checked(scope, node, lambda text: xpaths.checked(text, prefixes))
        for field, node in given.items()
    }


def _json(name: str, node: YamlNode, keys: Mapping[str, YamlNode], scope: ReadingScope) -> sets.Set:
    scope.choice(keys["json"], ("lines",))
    if "fields" not in keys:
        scope.fault(node, "key fields is missing")
    given = scope.new_names(keys["fields"]) if "fields" in keys else {}
    fields = {field: _checked(scope, path, json_paths.checked) for field, path in given.items()}
    return sets.JsonLines(name, _files(node, keys, scope), fields)


def _query(
    name: str, node: YamlNode, keys: Mapping[str, YamlNode], scope: ReadingScope
) -> sets.Set:
    if "address_from" not in keys:
        scope.fault(node, "key address_from is missing: the variable with the address")
    query = _checked(scope, keys["query"], statements.checked)
    since = scope.text(keys["since"]) if "since" in keys else None
    if ("since_first" in keys or ":since" in query) and since is None:
        scope.fault(node, "key since is missing: the column that tells what is new")
    return sets.Query(
        name,
        query,
        _checked(scope, keys["address_from"], addresses.checked) if "address_from" in keys else "",
        since=since,
        since_first=scope.text(keys["since_first"]) if "since_first" in keys else None,
    )


def _hold(node: YamlNode, scope: ReadingScope) -> model.Hold:
    keys = scope.keys(node, ("by", "columns"), ("by", "columns"))
    columns = scope.items(keys["columns"]) if "columns" in keys else ()
    by = scope.column(keys["by"]) if "by" in keys else ""
    return model.Hold(by, tuple(scope.column(item) for item in columns))


def _join(
    node: YamlNode, scope: ReadingScope, takes: Mapping[str, Collection[str] | None]
) -> model.Join | None:
    known = ("set", "ours", "theirs", "take", "strip_zeros", "missing")
    keys = scope.keys(node, known, ("set", "ours", "take"))
    if not {"set", "ours", "take"} <= keys.keys():
        return None
    other = scope.text(keys["set"])
    if other and other not in takes:
        scope.fault(keys["set"], f"there is no set {other}{nearest(other, takes)}")
        return None
    there = replace(scope, columns=takes.get(other), above=True)
    ours = tuple(values.value(item, scope) for item in scope.some(keys["ours"]))
    theirs = keys.get("theirs", keys["ours"])
    theirs_are = tuple(values.value(item, there) for item in scope.some(theirs))
    if len(ours) != len(theirs_are):
        scope.fault(node, f"ours has {len(ours)} keys, theirs {len(theirs_are)}")
    missing = scope.choice(keys["missing"], ("keep", "set_aside")) if "missing" in keys else "keep"
    taken = scope.new_names(keys["take"])
    return model.Join(
        other,
        ours,
        theirs_are,
        {name: values.value(item, there) for name, item in taken.items()},
        strip_zeros="strip_zeros" in keys and scope.flag(keys["strip_zeros"]),
        required=missing == "set_aside",
    )


def _group(node: YamlNode, scope: ReadingScope) -> model.RowGroup:
    keys = scope.keys(node, ("by", "sum", "decimal"), ("by",))
    by = scope.some(keys["by"]) if "by" in keys else ()
    sums = scope.one_or_more(keys["sum"]) if "sum" in keys else ()
    sign = values.decimal(keys["decimal"], scope) if "decimal" in keys else "."
    return model.RowGroup(
        tuple(scope.column(item) for item in by), tuple(scope.column(item) for item in sums), sign
    )


def _forms(
    name: str, _node: YamlNode, keys: Mapping[str, YamlNode], scope: ReadingScope
) -> model.Forms:
    if not scope.flag(keys["forms"]):
        scope.fault(keys["forms"], "forms is true, or stands not at all")
    return model.Forms(name)


_Origin = Callable[[str, YamlNode, Mapping[str, YamlNode], ReadingScope], sets.Set | model.Forms]
_ORIGINS: Mapping[str, _Origin] = {
    "forms": _forms,
    "query": _query,
    "widths": _fixed,
    "json": _json,
    "records": _xml,
    "namespaces": _xml,
    "files": _grid,
}
