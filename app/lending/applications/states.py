"""
The states of an application and of what becomes of it, and the arrows between them.

A port that was asked to pay may have paid, so nothing withdraws or ends what is `drawing` before
the port has answered. From `active` on an application follows its loan.
"""

from collections.abc import Mapping
from typing import Literal, get_args

State = Literal[
    "draft",
    "submitted",
    "screening",
    "assessing",
    "approved",  # Always with a reservation over the whole path.
    "referred",
    "recommended",
    "declined",
    "returned",
    "offer_accepted",
    "signing",
    "signed",
    "drawing",
    "draw_failed",
    "active",
    "repaid",
    "closed",
    "overdue",
    "defaulted",
    "restructured",
    "written_off",
    "withdrawn",
    "expired",
    "suspended",
]
STATES: tuple[State, ...] = get_args(State)
OVER: tuple[State, ...] = ("withdrawn", "expired")
ARROWS: Mapping[State, tuple[State, ...]] = {
    "draft": ("submitted", *OVER),
    "submitted": ("screening", *OVER),
    "screening": ("assessing", "declined", *OVER),
    "assessing": ("approved", "referred", "declined", *OVER),
    # One officer decides on what is referred; where two are needed it is recommended first.
    "referred": ("recommended", "approved", "declined", *OVER),
    # Of a committee the first vote leaves it recommended.
    "recommended": ("approved", "declined", "returned", "recommended", *OVER),
    "returned": ("assessing", *OVER),
    "approved": ("recommended", "offer_accepted", *OVER),
    "offer_accepted": ("signing", *OVER),
    "signing": ("signed", *OVER),
    # What was drawn in part is `signed` for the rest; at the offer's end it is `active`.
    "signed": ("drawing", "active", *OVER),
    "drawing": ("active", "draw_failed", "signed"),
    "draw_failed": ("drawing", "active", *OVER),
    # From here on it follows its loans, the worst of them; people write off whatever is owed.
    "active": ("repaid", "overdue", "defaulted", "restructured", "written_off", "suspended"),
    # Of what is drawn, while the account of its firm is frozen whole: repaid, and not drawn.
    "suspended": ("active", "repaid", "overdue", "defaulted", "restructured", "written_off"),
    "overdue": ("active", "repaid", "defaulted", "restructured", "written_off"),
    "defaulted": ("active", "repaid", "overdue", "restructured", "written_off"),
    "restructured": ("active", "repaid", "overdue", "defaulted", "written_off"),
    "written_off": ("closed",),
    # What was repaid by is taken back, or a recovery is: it is owed again.
    "repaid": ("closed", "active", "overdue", "defaulted", "restructured"),
    "declined": (),
    "closed": ("active", "overdue", "defaulted", "restructured", "written_off"),
    "withdrawn": (),
    "expired": (),
}
# What its firm is told of: what others, or time, have made of what it asked for.
TOLD: tuple[State, ...] = (
    *("approved", "referred", "declined", "returned", "expired", "signed", "draw_failed"),
    *("active", "suspended", "overdue", "defaulted", "restructured", "written_off", "repaid"),
)
# With a reservation, and documents that are `financing`.
RESERVED: tuple[State, ...] = ("approved", "offer_accepted", "signing", "signed", "draw_failed")
OFFERED: tuple[State, ...] = (*RESERVED, "recommended")  # Recommended anew it keeps its offer.
# May still be drawn, so that a firm has only so many of them.
DRAWABLE: tuple[State, ...] = (
    *("draft", "submitted", "screening", "assessing", "referred", "recommended", "returned"),
    *(*RESERVED, "drawing"),
)


def into(state: State) -> tuple[State, ...]:
    """
    Return the states from which an arrow goes to one.

    Example:
        >>> into("offer_accepted")
        ('approved',)
    """
    return tuple(each for each in STATES if state in ARROWS[each])
