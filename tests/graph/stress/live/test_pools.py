"""Rows that grow and shrink, against lists in the order that is promised."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph.stress.live.kernels import pools

ROWS, ENDS = 3, 6
steps = st.lists(
    st.tuples(
        st.integers(0, ROWS - 1),
        st.integers(0, ENDS - 1),
        st.sampled_from([0.0, 1.5, 4.0]),
        st.sampled_from([pools.NONE, 0, 2]),
    ),
    max_size=40,
)


@given(steps=steps)
def test_rows_hold_what_a_list_would(steps: list[tuple[int, int, float, int]]) -> None:
    keys, ends = np.array([0, 0, 2], np.int32), np.array([4, 1, 5], np.int32)
    rows = pools.lay_out(keys, ends, np.array([1.0, 2.0, 3.0]), np.array([1, 2, 0], np.int8), ROWS)
    lists = [[(4, 1.0, 1), (1, 2.0, 2)], [], [(5, 3.0, 0)]]
    for p, end, amount, kind in steps:
        if lacking := pools.crowded(rows, p):
            rows = pools.enlarged(rows, lacking)
        known = {entry[0]: entry for entry in lists[p]}
        _, before, was = known.get(end, (end, 0.0, pools.NONE))
        now = kind if kind != pools.NONE else 1 if was == pools.NONE else was
        assert pools.put(rows, p, end, amount, kind) == (before, was)
        if was == pools.NONE:
            lists[p].append((end, amount, now))
        else:
            lists[p][[e[0] for e in lists[p]].index(end)] = (end, amount, now)
        if amount == 0.0:
            pools.remove(rows, p, end)
            at = [e[0] for e in lists[p]].index(end)
            last = lists[p].pop()
            if at < len(lists[p]):
                lists[p][at] = last

    for p, wanted in enumerate(lists):
        start, count, _ = rows.spans[p]
        found = rows.entries[start : start + count]
        assert list(zip(found["end"], found["amount"], found["kind"], strict=True)) == wanted
        assert pools.total(rows, p) == sum(amount for _, amount, _ in wanted)
        assert pools.find(rows, p, ENDS) == pools.NONE


def test_a_copy_shares_nothing() -> None:
    one = pools.lay_out(
        np.zeros(1, np.int32), np.zeros(1, np.int32), np.ones(1), np.ones(1, np.int8), 1
    )

    other = pools.copied(one)
    pools.put(other, 0, 0, 7.0, pools.NONE)
    pools.remove(other, 0, 3)

    assert pools.total(one, 0) == 1.0
    assert pools.total(other, 0) == 7.0
