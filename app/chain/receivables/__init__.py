"""Receivables: what files say of them, and what debtors confirm, dispute and settle here."""
