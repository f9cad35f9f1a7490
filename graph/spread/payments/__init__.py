"""Payments that clear; `graph.clearing` names what is for use."""
