"""`python -m app.cli` is the command `deeptier`."""

from app.cli import main

main()
