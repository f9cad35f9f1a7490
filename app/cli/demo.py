"""The command `demo`."""

from app.platform.console.progress import progress
from ingestion.demo.cli import build

demo = build(progress)
