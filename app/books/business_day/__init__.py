"""The date of the books: that of the first version, moved on by closing days alone."""

from app.books.business_day.service import business_day, open_books

__all__ = ["business_day", "open_books"]
