"""On which line of a file each of its keys stands."""

from collections.abc import Iterator, Mapping

import yaml

Place = tuple[int | str, ...]


def lines_of(raw: bytes) -> Mapping[Place, int]:
    r"""
    Return the line of every key and of every entry of a list; that of the whole is under `()`.

    Args:
        raw: A file that was read already, so that it is YAML in UTF-8 and not too deep.

    Example:
        >>> lines_of(b"name: a\nparts:\n  - id: b\n")[("parts", 0, "id")]
        3
    """
    root = yaml.compose(raw.decode("utf-8"), yaml.CSafeLoader)
    return {} if root is None else dict(_walked(root, (), root.start_mark.line + 1))


def line_at(lines: Mapping[Place, int], at: Place) -> int | None:
    """
    Return the line of a place, or of the nearest around it that is there; None without lines.

    Example:
        >>> line_at({(): 1, ("parts",): 2}, ("parts", "id"))
        2
    """
    for length in range(len(at), -1, -1):
        if at[:length] in lines:
            return lines[at[:length]]
    return None


def _walked(node: yaml.Node, at: Place, line: int) -> Iterator[tuple[Place, int]]:
    yield at, line
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _walked(value, (*at, str(key.value)), key.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for place, each in enumerate(node.value):
            yield from _walked(each, (*at, place), each.start_mark.line + 1)
