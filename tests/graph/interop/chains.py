"""Chains to export: one with names that would be markup, one with five tiers."""

from graph.network import Network
from graph.testing.networks import toy

HOSTILE = {
    "mill": "</script><img src=x onerror=alert(1)>",
    "mine": "\"'><b>&href</b>",
    "shop": "=1+1",
    "cars": "<script>alert(2)</script>",
    "till": "a\x00b\x0bc\ud7ffd 中",
}


def hostile() -> Network:
    return toy(
        {
            ("mine", "mill"): 6_000_000,
            ("mill", "cars"): 900_000_000,
            ("cars", "shop"): 100_00,
            ("shop", "till"): 10_00,
            ("shop", "mine"): 5,
        },
        alone=["zoo"],
        name=HOSTILE,
        rating={"mill": "R2", "mine": "D", "shop": "R9"},
    )


def layered() -> Network:
    """Return five tiers of twelve suppliers each, who also sell across, and one distributor."""
    trades = {("core", "shop"): 5_000_00}
    for number in range(12):
        trades[f"t1-{number:02}", "core"] = 90_000_00 + number
        for tier in range(2, 6):
            trades[f"t{tier}-{number:02}", f"t{tier - 1}-{number:02}"] = 80_000_00 - number
        trades[f"t2-{number:02}", f"t1-{(number + 1) % 12:02}"] = 10_000_00
    firms = {firm for trade in trades for firm in trade}
    grades = ("R2", "R5", "R8", "R11", "R14", None)
    rated = {f: grades[n % 6] for n, f in enumerate(sorted(firms)) if grades[n % 6]}
    return toy(trades, name={firm: f"Firm {firm}" for firm in firms}, rating=rated)
