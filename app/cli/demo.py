"""The command `demo`."""

from app.kit.progress import progress
from ingestion.sources.demo.cli import build

demo = build(progress)
