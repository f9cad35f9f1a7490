"""What columns of a table hold, out of nodes: days, shares, parties, words."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingestion.descriptions import model
from ingestion.descriptions.nodes import YamlNode
from ingestion.descriptions.reading.scope import ReadingScope
from ingestion.descriptions.reading.values import beside, reading, value
from ingestion.descriptions.shares import exact_share
from ingestion.sets.errors import nearest

_ORDERS = ("ymd", "dmy", "mdy")


def day(node: YamlNode, scope: ReadingScope) -> model.Reading:
    """Return a day: a value, or one with the order of its parts, or counted since 1970."""
    return reading(node, scope, _day)


def _day(node: YamlNode, scope: ReadingScope) -> model.Reading:
    known = ("from", "order", "epoch", "zone")
    if not beside(node, known):
        return model.DayReading(value(node, scope))
    keys = scope.keys(node, known, ("from",))
    if "from" not in keys:
        return model.Const("")
    order = scope.choice(keys["order"], _ORDERS) if "order" in keys else "ymd"
    epoch = scope.choice(keys["epoch"], ("s", "ms")) if "epoch" in keys else None
    zone = scope.text(keys["zone"]) if "zone" in keys else None
    if zone is not None and epoch is None:
        scope.fault(keys["zone"], "a zone says where a moment (epoch) is a day")
    if zone:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            scope.fault(keys["zone"], f"no time zone {zone!r}")
    found = value(keys["from"], scope)
    return model.DayReading(found, order, epoch, zone)  # type: ignore[arg-type]


def share(node: YamlNode, scope: ReadingScope) -> model.Reading:
    """Return a share: a value, or one of a hundred, or with what a blank one is."""
    return reading(node, scope, _share)


def _share(node: YamlNode, scope: ReadingScope) -> model.Reading:
    known = ("from", "per_cent", "default")
    if not beside(node, known):
        return model.ShareReading(value(node, scope))
    keys = scope.keys(node, known, ("from",))
    if "from" not in keys:
        return model.Const("")
    default = scope.text(keys["default"]) if "default" in keys else None
    if default and exact_share(default, per_cent=False) is None:
        scope.fault(keys["default"], f"{default!r} is no number")
    per_cent = "per_cent" in keys and scope.flag(keys["per_cent"])
    return model.ShareReading(value(keys["from"], scope), per_cent, default)


def party(node: YamlNode, scope: ReadingScope) -> model.Reading:
    """Return a party: a value, code and name, or the first that is another one."""
    return reading(node, scope, _party)


def _party(node: YamlNode, scope: ReadingScope) -> model.Reading:
    keys = set(node.keys or ())
    if keys & {"code", "name"}:
        given = scope.keys(node, ("code", "name"))
        code, name = (value(given[k], scope) if k in given else None for k in ("code", "name"))
        return model.PartyReading(name, code)
    if "first_other" in keys:
        outer = scope.keys(node, ("first_other",))
        given = scope.keys(outer["first_other"], ("of", "than"), ("of", "than"))
        if not {"of", "than"} <= given.keys():
            return model.Const("")
        options = tuple(party(item, scope) for item in scope.one_or_more(given["of"]))
        return model.FirstOther(options, party(given["than"], scope))
    return model.PartyReading(value(node, scope))


def check_words(
    node: YamlNode, found: model.Reading, accepted: Mapping[str, str], scope: ReadingScope
) -> None:
    """Remember a fault for each word that is given a meaning that the column does not have."""
    if isinstance(found, model.WordsFor):
        for target in dict.fromkeys(found.words.values()):
            if target and target not in accepted.values():
                known = dict.fromkeys(accepted.values())
                scope.fault(
                    node, f"{target!r} is none of {', '.join(known)}{nearest(target, known)}"
                )
    elif isinstance(found, model.First):
        for option in found.options:
            check_words(node, option, accepted, scope)
    elif isinstance(found, model.When):
        every = [case.then for case in found.cases]
        every += [] if found.otherwise is None else [found.otherwise]
        for option in every:
            check_words(node, option, accepted, scope)
