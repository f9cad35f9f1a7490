"""
One scenario kept round by round: who changed, why and through which trade; replayed, compared.

`record` runs a scenario and keeps every round, small; `Recording.state` gives a round back, the
same bits; `Recording.why` leads from a firm back to the shock; `write` and `read` keep it in a
file; `replay` computes it again and holds every bit against what was kept; `compare` sets two
recordings side by side, firm by firm and by sector.
"""

from graph.stress.replay.comparison import Comparison, Groups, compare
from graph.stress.replay.files import read, write
from graph.stress.replay.recording import Recording, fingerprint, record
from graph.stress.replay.tracks import Change, Channel, Reason, Track
from graph.stress.replay.verification import replay

__all__ = [
    "Change",
    "Channel",
    "Comparison",
    "Groups",
    "Reason",
    "Recording",
    "Track",
    "compare",
    "fingerprint",
    "read",
    "record",
    "replay",
    "write",
]
