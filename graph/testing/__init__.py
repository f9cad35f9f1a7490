"""Shipped tests and toys: store conformance, strategies, toy networks, the demo economy."""
