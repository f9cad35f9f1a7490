# One entry for people, hooks and CI. Every target works from a bare clone.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
DEMO ?= var/demo
export DEEPTIER_PORT ?= 8000

.PHONY: install demo test check format lint types contracts tidy bench serve clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --constraint constraints.txt setuptools wheel
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --prefer-binary --no-build-isolation --constraint constraints.txt --editable '.[dev]'
	touch $(STAMP)

demo: install
	$(BIN)/deeptier demo $(DEMO)
	$(BIN)/deeptier ingest demo $(DEMO)
	$(BIN)/deeptier refresh
	$(BIN)/deeptier serve --demo

serve: install
	$(BIN)/deeptier serve

check: install format lint types contracts test

format: install
	$(BIN)/ruff format --check .

lint: install
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

contracts: install
	$(BIN)/lint-imports

tidy: install
	$(BIN)/python -m pytest tests/test_tidy.py tests/test_docs.py

test: install
	$(BIN)/python -m pytest

bench: install
	mkdir -p var
	$(BIN)/python -m pytest tests/bench --benchmark-only --benchmark-json var/bench.json
	$(BIN)/python tests/bench/report.py var/bench.json docs/performance.md

clean:
	rm -rf $(VENV) var build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
