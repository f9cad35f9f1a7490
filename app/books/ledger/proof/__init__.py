"""
The book proves itself: the chain of its events, and that everything which stands is their fold.

`verify` reads every event once, in order, in memory that grows with what stands in the book (its
accounts and rows), not with its events.
"""

from app.books.ledger.proof.differences import BookDifference
from app.books.ledger.proof.told import head_of
from app.books.ledger.proof.verifying import ToldHead, Verified, verify

__all__ = ["BookDifference", "ToldHead", "Verified", "head_of", "verify"]
