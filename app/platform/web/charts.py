"""
Pictures as geometry: what stands where in nominal pixels; templates draw it as SVG.

The chain picture has one column a tier, suppliers left and distributors right of the core, and
in each column one block a grade. A block is as high as its firms are many (columns by the square
root of theirs, so that a tier of five stays visible beside one of five hundred); a band between
two blocks takes of each the part that the square root of its trade is there.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

WIDTH = 1130
COLUMN_APART_MIN = 100
BLOCK_WIDTH = 58
TOP = 64
STACK_HEIGHT = 300
STACK_SHARE_MIN = 0.12
BLOCK_HEIGHT_MIN = 16.0  # Room for the words of a block: every one carries its count.
GAP = 5.0
MARGIN = 56
BAND_PART = 0.92
GRADES = "ABCDE"
UNRATED = "-"
INK = "none"  # Of groups that are drawn without their grade.
GRADE_STEP = 3
BARS_WIDTH = 510  # Half a desk of 1,280 pixels, beside the areas.
BARS_HEIGHT = 190
BAR_WIDTH_MAX = 64.0
LINE_WIDTH = 600
LINE_HEIGHT = 180
LINE_LEFT = 76.0  # Room for the words of the scale.
LINE_MARKS = 3
TIGHT_FROM = 0.9  # Of a limit that is used: from here on it is coloured.


@dataclass(frozen=True, slots=True)
class Group:
    """The firms of one grade in one column; column 0 is the core, suppliers are below it."""

    column: int
    grade: str
    firms: int


@dataclass(frozen=True, slots=True)
class Flow:
    """The yearly trade from the firms of one group to those of another."""

    source: tuple[int, str]
    target: tuple[int, str]
    amount_fen: int


@dataclass(frozen=True, slots=True)
class FlowBlock:
    """A group as drawn."""

    group: Group
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class FlowBand:
    """A flow as drawn: a closed path."""

    flow: Flow
    path: str


@dataclass(frozen=True, slots=True)
class ChainPicture:
    """Everything that the chain picture draws."""

    width: float
    height: float
    columns: Mapping[int, float]
    blocks: Sequence[FlowBlock]
    bands: Sequence[FlowBand]


def grade_of(rating: str | None) -> str:
    """
    Return the letter for a rating: R1 to R3 are A, R4 to R6 B, and so on; E is the worst.

    Example:
        >>> grade_of("R2"), grade_of("R12"), grade_of("D"), grade_of(None)
        ('A', 'D', 'E', '-')
    """
    if not rating:
        return UNRATED
    notch = rating.removeprefix("R")
    return GRADES[min(4, (int(notch) - 1) // GRADE_STEP)] if notch.isdigit() else GRADES[-1]


def chain_picture(groups: Iterable[Group], flows: Iterable[Flow]) -> ChainPicture:
    """Return the geometry of a chain: columns by tier, blocks by grade, bands of trade."""
    found = sorted(groups, key=lambda group: (group.column, _rank(group.grade)))
    numbers = sorted({group.column for group in found} | {0})
    numbers = list(range(numbers[0], numbers[-1] + 1))
    room = (WIDTH - 2 * MARGIN) / max(1, len(numbers) - 1)
    apart = max(COLUMN_APART_MIN, min(room, 260))
    columns = {number: MARGIN + at * apart for at, number in enumerate(numbers)}
    blocks = _blocks(found, columns)
    width = 2 * MARGIN + apart * (len(numbers) - 1)
    return ChainPicture(width, TOP + STACK_HEIGHT + 12, columns, blocks, _bands(blocks, flows))


def _rank(grade: str) -> int:
    return 0 if grade == INK else (GRADES + UNRATED).index(grade)


def _blocks(groups: Sequence[Group], columns: Mapping[int, float]) -> list[FlowBlock]:
    stacks: dict[int, list[Group]] = defaultdict(list)
    for group in groups:
        stacks[group.column].append(group)
    most = max((sum(g.firms for g in stack) for stack in stacks.values()), default=1)
    blocks = []
    for column, stack in stacks.items():
        total = sum(group.firms for group in stack)
        share = max(STACK_SHARE_MIN, math.sqrt(total / most))
        space = STACK_HEIGHT * share - GAP * (len(stack) - 1)
        heights = _heights([group.firms for group in stack], space)
        whole = sum(heights) + GAP * (len(stack) - 1)
        y = TOP + max(0.0, (STACK_HEIGHT - whole) / 2)
        for group, height in zip(stack, heights, strict=True):
            blocks.append(FlowBlock(group, columns[column] - BLOCK_WIDTH / 2, y, height))
            y += height + GAP
    return blocks


def _heights(firms: Sequence[int], space: float) -> Sequence[float]:
    """Return heights in proportion that fill a space, none too low for its words."""
    low: set[int] = set()
    while True:  # Each turn adds a block that is too low, or is the last.
        left = space - BLOCK_HEIGHT_MIN * len(low)
        total = sum(number for at, number in enumerate(firms) if at not in low) or 1
        high = [left * number / total for number in firms]
        found = {at for at in range(len(firms)) if at not in low and high[at] < BLOCK_HEIGHT_MIN}
        if not found:
            return [BLOCK_HEIGHT_MIN if at in low else high[at] for at in range(len(firms))]
        low |= found


def _bands(blocks: Sequence[FlowBlock], flows: Iterable[Flow]) -> list[FlowBand]:
    at = {(block.group.column, block.group.grade): block for block in blocks}
    drawn = [f for f in flows if f.source in at and f.target in at and f.amount_fen > 0]
    drawn.sort(key=lambda flow: (_y(at, flow.source), _y(at, flow.target)))
    leaving, entering = _roots(drawn)
    left: dict[tuple[int, str], float] = defaultdict(float)
    right: dict[tuple[int, str], float] = defaultdict(float)
    bands = []
    for flow in drawn:
        source, target = at[flow.source], at[flow.target]
        root = math.sqrt(flow.amount_fen)
        out = BAND_PART * source.height * root / leaving[flow.source]
        into = BAND_PART * target.height * root / entering[flow.target]
        start = source.y + source.height * (1 - BAND_PART) / 2 + left[flow.source]
        end = target.y + target.height * (1 - BAND_PART) / 2 + right[flow.target]
        left[flow.source] += out
        right[flow.target] += into
        bands.append(FlowBand(flow, _path(source.x + BLOCK_WIDTH, start, out, target.x, end, into)))
    return bands


def _y(at: Mapping[tuple[int, str], FlowBlock], key: tuple[int, str]) -> tuple[int, float]:
    return key[0], at[key].y


def _roots(
    flows: Iterable[Flow],
) -> tuple[Mapping[tuple[int, str], float], Mapping[tuple[int, str], float]]:
    """Return the sums of square roots that leave and enter each block."""
    leaving: dict[tuple[int, str], float] = defaultdict(float)
    entering: dict[tuple[int, str], float] = defaultdict(float)
    for flow in flows:
        leaving[flow.source] += math.sqrt(flow.amount_fen)
        entering[flow.target] += math.sqrt(flow.amount_fen)
    return leaving, entering


def _path(x0: float, y0: float, h0: float, x1: float, y1: float, h1: float) -> str:
    middle = (x0 + x1) / 2
    return (
        f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
        f"V{y1 + h1:.1f}"
        f"C{middle:.1f} {y1 + h1:.1f} {middle:.1f} {y0 + h0:.1f} {x0:.1f} {y0 + h0:.1f}Z"
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it stands, and what it is for."""

    number: int
    value: float
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Return where the words under the bar are centred."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class BarPicture:
    """Bars on one line, with the marks of a scale."""

    width: float
    height: float
    bottom: float
    bars: Sequence[Bar]


def bar_picture(values: Sequence[float], *, width: float = BARS_WIDTH) -> BarPicture:
    """Return bars for values of zero or more, the largest as high as the picture."""
    top, bottom = 24.0, BARS_HEIGHT - 26.0
    largest = max(values, default=0.0) or 1.0
    room = width / max(1, len(values))
    wide = min(BAR_WIDTH_MAX, room * 0.68)
    bars = []
    for at, value in enumerate(values):
        height = max(1.5, (bottom - top) * value / largest) if value else 0.0
        x = at * room + (room - wide) / 2
        bars.append(Bar(at, value, x, bottom - height, wide, height))
    return BarPicture(width, BARS_HEIGHT, bottom, bars)


@dataclass(frozen=True, slots=True)
class Point:
    """A value as drawn."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class LinePicture:
    """A figure over time: the line, the area under it, and the heights of its scale's marks."""

    width: float
    height: float
    left: float
    bottom: float
    marks: Sequence[float]
    points: Sequence[Point]

    @property
    def path(self) -> str:
        """Return the line as a path."""
        return "M" + "L".join(f"{point.x:.1f} {point.y:.1f}" for point in self.points)

    @property
    def under(self) -> str:
        """Return the area between the line and zero as a closed path."""
        first, last = self.points[0], self.points[-1]
        return f"{self.path}L{last.x:.1f} {self.bottom}L{first.x:.1f} {self.bottom}Z"


def line_picture(values: Sequence[float], *, top_value: float) -> LinePicture:
    """
    Return a line through values of zero or more, one step apart each.

    Args:
        values: At least one value.
        top_value: What the upper edge of the scale stands for: the largest value or more.
    """
    top, bottom = 14.0, LINE_HEIGHT - 26.0
    room = LINE_WIDTH - LINE_LEFT - 8
    apart = room / max(1, len(values) - 1)
    points = [
        Point(LINE_LEFT + at * apart, bottom - (bottom - top) * value / (top_value or 1.0))
        for at, value in enumerate(values)
    ]
    marks = [bottom - (bottom - top) * at / (LINE_MARKS - 1) for at in range(LINE_MARKS)]
    return LinePicture(LINE_WIDTH, LINE_HEIGHT, LINE_LEFT, bottom, marks, points)


@dataclass(frozen=True, slots=True)
class BarPart:
    """One part of the bar of a limit, in per cent of the bar."""

    name: str
    start: float
    share: float


@dataclass(frozen=True, slots=True)
class LimitBar:
    """The bar of a limit: its parts from the left, and where the limit ends, all in per cent."""

    parts: Sequence[BarPart]
    edge: float


def limit_bar(limit_fen: int, taken: Mapping[str, int]) -> LimitBar:
    """
    Return the bar of a limit; what exceeds the limit stands right of its edge, as `over`.

    Args:
        limit_fen: The limit.
        taken: What is taken of it, by what, in order.

    Example:
        >>> bar = limit_bar(100, {"occupied": 130, "reserved": 30})
        >>> [(part.name, part.share) for part in bar.parts], bar.edge
        ([('occupied', 62.5), ('over', 37.5)], 62.5)
    """
    used = sum(taken.values())
    whole = max(limit_fen, used) or 1
    parts, start = [], 0
    ends = dict(zip(taken, accumulate(taken.values()), strict=True))
    ends |= {"over": used} if used > limit_fen else {}
    for name, reached in ends.items():
        end = reached if name == "over" else min(reached, limit_fen)
        if share := round(100 * (end - start) / whole, 2):
            parts.append(BarPart(name, round(100 * start / whole, 2), share))
        start = end
    return LimitBar(parts, round(100 * limit_fen / whole, 2) if used > limit_fen else 100.0)


def use_band(share: float) -> str:
    """
    Return how tight a limit is that is used by some share: its colour.

    Example:
        >>> use_band(0.5), use_band(0.95), use_band(1.2)
        ('occupied', 'tight', 'over')
    """
    if share > 1:
        return "over"
    return "tight" if share >= TIGHT_FROM else "occupied"
