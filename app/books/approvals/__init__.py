"""
Approvals: what one person asks for and another one has to approve before it happens.

A domain that has such an action says what it does (`TwoPersonAction`) and lists it in `app.routes`;
its route asks for an `Opening`, which is answered 202 with the approval. The checker sees what the
maker saw, and what is approved is validated again in the order that does it.
"""

from app.books.approvals.actions import ActionProposal, EffectLine, TwoPersonAction
from app.books.approvals.desk import ApprovalDesk, ApprovalRequest, Opening
from app.books.approvals.service import desk_of, expire_open, new_name

__all__ = [
    "ActionProposal",
    "ApprovalDesk",
    "ApprovalRequest",
    "EffectLine",
    "Opening",
    "TwoPersonAction",
    "desk_of",
    "expire_open",
    "new_name",
]
