"""The head of a description, and all of it."""

import math
from collections.abc import Mapping

from graph.model import Label
from ingestion.descriptions import model, nodes
from ingestion.descriptions.faults import Faults
from ingestion.descriptions.nodes import YamlNode
from ingestion.descriptions.reading import sets, tables
from ingestion.descriptions.reading.circles import check_circles
from ingestion.descriptions.reading.scope import ReadingScope
from ingestion.descriptions.schedules import BY_HAND, fields
from ingestion.forms import KNOWN, forms
from ingestion.sets import Grid, Wrong
from ingestion.sets.errors import nearest

SCHEMA = "1"
SETS_MAX, TABLES_MAX = 100, 100
LAG_DAYS_MAX = 36_500
_KEYS = (
    "schema", "owner", "version", "label", "schedule", "names_identify", "ids_shared", "checks",
    "lag_days", "pushed", "sets", "tables",
)  # fmt: skip


def read(name: str, text: str, faults: Faults) -> model.Description | None:
    """
    Return the description that a text is; None where it is none at all.

    Args:
        name: The name of the source.
        text: Its description in YAML.
        faults: Gets everything that is wrong, and every question that is left open.
    """
    node = nodes.read(text, faults)
    if node is None:
        return None
    scope = ReadingScope(faults)
    keys = scope.keys(node, _KEYS, ("schema", "owner"))
    if "schema" in keys and keys["schema"].text != SCHEMA:
        scope.fault(keys["schema"], f"schema {SCHEMA} is the one that is known")
    pushed = "pushed" in keys and scope.flag(keys["pushed"])
    if not pushed:
        for key in ("sets", "tables"):
            if key not in keys and not (key == "tables" and _is_forms(keys)):
                scope.fault(node, f"key {key} is missing")
    given = _sets(keys, scope)
    return model.Description(
        name=name,
        text=text,
        owner=scope.text(keys["owner"]) if "owner" in keys else "",
        label=_label(keys, name, scope),
        version=scope.number(keys["version"], 1) if "version" in keys else 1,
        schedule=_schedule(keys, given, scope, pushed=pushed),
        names_identify="names_identify" not in keys or scope.flag(keys["names_identify"]),
        ids_shared="ids_shared" in keys and scope.flag(keys["ids_shared"]),
        bounds=_bounds(keys["checks"], scope) if "checks" in keys else model.Bounds(),
        lag_days=_lags(keys["lag_days"], scope) if "lag_days" in keys else {},
        pushed=pushed,
        sets=given,
        tables=_tables(keys, given, scope),
    )


def _schedule(
    keys: Mapping[str, YamlNode],
    given: Mapping[str, model.Rows],
    scope: ReadingScope,
    *,
    pushed: bool,
) -> str:
    """Return when a source is imported by itself: by hand, or the fields of a crontab."""
    node = keys.get("schedule")
    text = BY_HAND if node is None else scope.text(node) or BY_HAND
    if node is None or text == BY_HAND:
        return text
    try:
        fields(text)
    except Wrong as error:
        scope.fault(node, str(error))
        return BY_HAND
    if not pushed and not model.asks_databases(given):
        scope.fault(
            node,
            "what is pushed and what databases hold is imported by a schedule; "
            "files come by hand or through the inbox",
        )
    return text


def _is_forms(keys: Mapping[str, YamlNode]) -> bool:
    every = (keys["sets"].keys or {}).values() if "sets" in keys else ()
    return any(node.keys is not None and "forms" in node.keys for node in every)


def _label(keys: Mapping[str, YamlNode], name: str, scope: ReadingScope) -> Label:
    if "label" not in keys:
        return Label(name, name)
    said = scope.keys(keys["label"], ("zh", "en"))
    words = {language: scope.text(node) for language, node in said.items()}
    return Label(words.get("zh") or name, words.get("en") or name)


def _bounds(node: YamlNode, scope: ReadingScope) -> model.Bounds:
    keys = scope.keys(node, ("used_min", "set_aside_share_max", "set_aside_rows_free"))
    plain = model.Bounds()
    free = keys.get("set_aside_rows_free")
    return model.Bounds(
        _by_table(keys["used_min"], scope) if "used_min" in keys else {},
        _share(keys["set_aside_share_max"], scope)
        if "set_aside_share_max" in keys
        else plain.share_max,
        plain.rows_free if free is None else scope.number(free),
    )


def _share(node: YamlNode, scope: ReadingScope) -> float:
    try:
        found = float(scope.text(node))
    except ValueError:
        found = math.nan
    if not 0 <= found <= 1:
        scope.fault(node, "a share between 0 and 1 is wanted")
        return 0.0
    return found


def _by_table(node: YamlNode, scope: ReadingScope) -> dict[str, int]:
    found = {}
    for name, inner in scope.named(node).items():
        if name not in forms():
            scope.fault(inner, f"there is no table {name}{nearest(name, forms())}")
        found[name] = scope.number(inner)
    return found


def _lags(node: YamlNode, scope: ReadingScope) -> dict[str, int]:
    found = _by_table(node, scope)
    for name, inner in scope.named(node).items():
        if name in forms() and forms()[name].day is None:
            scope.fault(inner, f"rows of {name} have no day of their own: give them {KNOWN}")
        elif found[name] > LAG_DAYS_MAX:
            scope.fault(inner, f"a lag has at most {LAG_DAYS_MAX} days")
    return found


def _sets(keys: Mapping[str, YamlNode], scope: ReadingScope) -> dict[str, model.Rows]:
    given = scope.named(keys["sets"]) if "sets" in keys else {}
    if len(given) > SETS_MAX:
        scope.fault(keys["sets"], f"{len(given)} sets; at most {SETS_MAX} are read")
        return {}
    known = {name: sets.columns_of(node) for name, node in given.items()}
    found = {name: sets.rows(name, node, scope, known) for name, node in given.items()}
    check_circles(found, given, scope)
    return found


def _tables(
    keys: Mapping[str, YamlNode], given: Mapping[str, model.Rows], scope: ReadingScope
) -> tuple[model.DescribedTable, ...]:
    if "tables" not in keys:
        return ()
    nodes_of = keys["sets"].keys or {} if "sets" in keys else {}
    known = {name: sets.columns_of(node) for name, node in nodes_of.items()}
    grids = [name for name, rows in given.items() if isinstance(rows.origin, Grid)]
    items = scope.items(keys["tables"])
    if len(items) > TABLES_MAX:
        scope.fault(keys["tables"], f"{len(items)} tables; at most {TABLES_MAX} are read")
        return ()
    read = [tables.table(item, scope, known, grids) for item in items]
    found = tuple(each for each in read if each is not None)
    told: dict[str, tuple[str, ...] | None] = {}
    for item, each in zip(items, read, strict=True):
        if each is not None and told.setdefault(each.table, each.key) != each.key:
            scope.fault(item, f"table {each.table} has another key further up: it has one alone")
    return found
