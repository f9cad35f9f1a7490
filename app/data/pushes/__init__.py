"""Pushes: records that other systems send, kept until an import publishes them."""
