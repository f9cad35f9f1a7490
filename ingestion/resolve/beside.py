"""
A credit code that stands beside a firm's name: both are one text of a party.

What a file says of a seller is kept as one text, the name, or code and name with a sign between
them that no cell can hold. A code that is none is left out: it identifies nobody.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.resolve.codes import code

SIGN = "\x1f"  # Taken off every cell that is read.


def together(codes: pa.Array, names: pa.DictionaryArray) -> pa.DictionaryArray:
    """
    Return party texts of codes and names; null where neither says anything.

    Example:
        >>> names = pa.array(["甲厂", None, "乙厂"]).dictionary_encode()
        >>> codes = pa.array(["91350100M000100Y43", "91350100M000100Y43", "无"])
        >>> [parted(text) for text in together(codes, names).to_pylist()][::2]
        [('91350100M000100Y43', '甲厂'), (None, '乙厂')]
    """
    beside = codes.dictionary_encode()
    plain = [*map(code, beside.dictionary.to_pylist()), None]
    written = [*names.dictionary.to_pylist(), None]
    pairs, where = np.unique(
        np.asarray(beside.indices.fill_null(len(plain) - 1)).astype(np.int64) * len(written)
        + np.asarray(names.indices.fill_null(len(written) - 1)),
        return_inverse=True,
    )
    texts = [_text(plain[at // len(written)], written[at % len(written)]) for at in pairs.tolist()]
    return pa.array(texts, pa.string()).take(pa.array(where)).dictionary_encode()


def no_codes(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which texts are there and are no credit code."""
    coded = texts.dictionary_encode()
    wrong = np.array([*(code(text) is None for text in coded.dictionary.to_pylist()), False])
    found: npt.NDArray[np.bool_] = wrong[np.asarray(coded.indices.fill_null(len(wrong) - 1))]
    return found


def parted(text: str) -> tuple[str | None, str]:
    """
    Return the code beside a name, None where there is none, and the text itself.

    Example:
        >>> parted("甲厂")
        (None, '甲厂')
    """
    before, sign, after = text.partition(SIGN)
    return (before, after) if sign else (None, text)


def written(text: str) -> str:
    """Return the text of a party as its own cell has it."""
    return parted(text)[1]


def shown(text: str | None) -> str | None:
    """
    Return the text of a party for people.

    Example:
        >>> shown(f"91350100M000100Y43{SIGN}甲厂")
        '甲厂 (91350100M000100Y43)'
    """
    if text is None or SIGN not in text:
        return text
    beside, name = parted(text)
    return f"{name} ({beside})"


def _text(beside: str | None, name: str | None) -> str | None:
    if beside is None or name is None:
        return beside or name
    return f"{beside}{SIGN}{name}"
