"""The command `demo`."""

from app.platform.console.progress import progress
from ingestion.sources.demo.cli import build

demo = build(progress)
