"""Signing in and out, tokens, and the audit for those who may read it."""
