"""Drafts: files that somebody brought, and what is to read them, until they are published."""
