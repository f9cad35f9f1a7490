"""The service: HTTP interface, pages, limits and decisions."""
