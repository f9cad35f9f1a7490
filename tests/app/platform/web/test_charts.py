"""The geometry of pictures."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from app.platform.web.charts import (
    BLOCK_HEIGHT_MIN,
    Flow,
    Group,
    bar_picture,
    chain_picture,
    grade_of,
)

COLUMNS = st.integers(min_value=-5, max_value=5)
GROUPS = st.dictionaries(
    st.tuples(COLUMNS, st.sampled_from("ABCDE-")), st.integers(1, 5000), min_size=1
)


@given(GROUPS)
def test_blocks_of_a_column_never_overlap_and_stay_inside(
    groups: dict[tuple[int, str], int],
) -> None:
    drawn = chain_picture([Group(c, g, n) for (c, g), n in groups.items()], [])

    for column in drawn.columns:
        stack = [block for block in drawn.blocks if block.group.column == column]
        for above, below in itertools.pairwise(stack):
            assert above.y + above.height <= below.y
        assert all(block.y >= 0 and block.y + block.height <= drawn.height for block in stack)
        assert all(block.height >= BLOCK_HEIGHT_MIN for block in stack)


@given(GROUPS, st.data())
def test_bands_lead_between_blocks_that_are_there(
    groups: dict[tuple[int, str], int], data: st.DataObject
) -> None:
    keys = sorted(groups)
    flows = [
        Flow(data.draw(st.sampled_from(keys)), data.draw(st.sampled_from(keys)), amount)
        for amount in data.draw(st.lists(st.integers(0, 10**14), max_size=8))
    ]
    drawn = chain_picture([Group(c, g, n) for (c, g), n in groups.items()], flows)

    assert len(drawn.bands) == sum(1 for flow in flows if flow.amount_fen > 0)
    assert all("nan" not in band.path for band in drawn.bands)


def test_a_flow_to_nowhere_is_not_drawn() -> None:
    drawn = chain_picture([Group(0, "A", 1)], [Flow((-1, "B"), (0, "A"), 5)])

    assert drawn.bands == []
    assert list(drawn.columns) == [0]


def test_columns_without_firms_keep_their_place() -> None:
    drawn = chain_picture([Group(-3, "A", 2), Group(0, "A", 1)], [])

    assert list(drawn.columns) == [-3, -2, -1, 0]


def test_grades_follow_the_scale_of_ratings() -> None:
    letters = [grade_of(f"R{notch}") for notch in range(1, 16)]

    assert letters == list("AAABBBCCCDDDEEE")
    assert grade_of("D") == "E"
    assert grade_of("") == "-"


@given(st.lists(st.floats(min_value=0, max_value=1e16), max_size=60))
def test_the_largest_bar_is_the_highest_and_nothing_has_no_bar(values: list[float]) -> None:
    drawn = bar_picture(values)

    assert [bar.value for bar in drawn.bars] == values
    assert all(bar.y >= 0 and bar.y + bar.height <= drawn.bottom + 1e-6 for bar in drawn.bars)
    assert all((bar.height > 0) == (bar.value > 0) for bar in drawn.bars)
    assert all(bar.x >= 0 and bar.x + bar.width <= drawn.width + 1e-6 for bar in drawn.bars)
