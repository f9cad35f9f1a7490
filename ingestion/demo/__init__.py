"""The demo economy: made by `economy`, read as any other source."""
