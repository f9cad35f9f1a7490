# One entry for people, hooks and CI. Every target works from a bare clone.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
COMPILED := $(VENV)/compiled
TOOLS := $(VENV)/tools
# What is installed is compiled afterwards, on every core, and without the libraries' own tests.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt
COMPILE := $(BIN)/python -m compileall -q -j 0 -x '/(tests?|jedi|mypyc?|pip|setuptools)/' $(VENV)/lib >/dev/null || true
# Processes share the cores already: threads of frames in each of them only wait for each other.
PYTEST := POLARS_MAX_THREADS=1 $(BIN)/python -m pytest --dist loadgroup
MEASURED := --cov --cov-report=
CHANGE := -m "not slow" --hypothesis-profile quick
WITH_TOOLS := $(filter-out install demo serve image-check clean more-tools,$(MAKECMDGOALS))
EVERYTHING := $(filter test-all,$(MAKECMDGOALS))
COMPILED_ONLY := graph/stores graph/testing tests/graph/stores tests/graph/interop \
	tests/graph/test_distributed.py tests/graph/test_executors.py tests/graph/test_model.py
UNCOMPILED := graph tests/graph $(addprefix --ignore ,$(COMPILED_ONLY))
DEMO ?= var/demo
KEPT ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/deeptier/kernels
CASES ?= 40000
LOANS ?= 10000
DRAWS ?= 1000000
KILLS ?= 200
export DEEPTIER_PORT ?= 8000
# What is imported by every process of a run is compiled by the first.
export PYTHONDONTWRITEBYTECODE :=
# Kernels compile beside checks that do not need them; what is timed or removed stands alone.
MAKEFLAGS += $(if $(filter clean demo serve bench soak image-check,$(MAKECMDGOALS)),,--jobs 2)

.PHONY: install tools more-tools demo test test-all test-uncompiled check format lint types scripts contracts tidy bench soak serve image-check clean

install: $(COMPILED)

# Where tools are wanted in the end, they are installed with the product: one look at all of it.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --only-binary :all: setuptools wheel
	$(PIP) --prefer-binary --no-build-isolation --editable '.$(if $(WITH_TOOLS),[dev])'
	$(COMPILE)
	touch $(STAMP) $(if $(WITH_TOOLS),$(TOOLS))

# Kernels and modules are compiled before anybody waits for them.
$(COMPILED): $(STAMP)
	$(BIN)/python -m compileall -q app graph ingestion
	$(BIN)/python -m graph.warm $(KEPT)
	touch $(COMPILED)

# What checks and tests need beside the product itself.
tools: $(TOOLS)

$(TOOLS): $(STAMP)
	@test -e $(TOOLS) -a ! $(TOOLS) -ot $(STAMP) || $(MAKE) --no-print-directory more-tools

# Of a place where the product is installed already, without them.
more-tools:
	$(PIP) --prefer-binary --no-build-isolation --editable '.[dev]'
	$(COMPILE)
	touch $(TOOLS)

demo: install
	$(BIN)/deeptier demo $(DEMO)
	$(BIN)/deeptier ingest demo $(DEMO)/first --as-of 2025-05-31
	$(BIN)/deeptier ingest demo $(DEMO)
	$(BIN)/deeptier refresh
	$(BIN)/deeptier serve --demo

serve: install
	$(BIN)/deeptier serve

check: format lint types scripts contracts test

format: tools
	$(BIN)/ruff format --check .

lint: tools
	$(BIN)/ruff check .

types: tools
	$(BIN)/mypy

# The pages' scripts, by the TypeScript compiler that the clients' tests are made with.
scripts: tools
	$(BIN)/python -m tests.app.interface.tools tsc --project tsconfig.json

contracts: tools
	$(BIN)/lint-imports

tidy: tools
	$(BIN)/python -m pytest tests/test_tidy.py tests/test_docs.py

# What a change is tried with. Asked for together with `test-all` it is the whole run at once.
# Many tests wait for a server or a process: four at a time keep two cores busy.
test: tools $(COMPILED) $(if $(EVERYTHING),test-uncompiled)
	$(PYTEST) --numprocesses 4 $(if $(EVERYTHING),$(MEASURED) --cov-append,$(CHANGE))

# Slow tests too, more examples of each law, kernels without the compiler, and coverage of it all.
test-all: test

# Coverage cannot see into compiled kernels: the tests of the graph run once without the compiler,
# where every index is checked.
test-uncompiled: tools
	NUMBA_DISABLE_JIT=1 $(PYTEST) --numprocesses 2 $(MEASURED) --cov-fail-under 0 $(UNCOMPILED)

# Races and kills of the book, loans over years, requests made from the description and sent by
# everybody (docs/reliability.md; a part of them with ONLY="draws kills" or ON=PostgreSQL): far more
# than `make test` has time for. It ends after so many minutes at the latest.
soak: tools $(COMPILED)
	$(BIN)/python -m tests.app.books.ledger.soak --draws $(DRAWS) --kills $(KILLS) --loans $(LOANS) \
		--cases $(CASES) $(addprefix --only ,$(ONLY)) $(addprefix --on ,$(ON))

# All of it, or with ONLY="book limits" some of it, whose rows take the place of those before.
bench: tools $(COMPILED)
	mkdir -p var
	$(BIN)/python -m pytest $(or $(patsubst %,tests/bench/test_%.py,$(ONLY)),tests/bench) \
		--benchmark-only --benchmark-json var/bench.json
	$(BIN)/python tests/bench/report.py $(if $(ONLY),--part) var/bench.json docs/performance.md

# Builds the image and starts it without a container engine's daemon; needs podman, debootstrap and root.
image-check:
	@command -v podman debootstrap >/dev/null || { echo "image-check needs podman and debootstrap"; exit 1; }
	$(PYTHON) docker/image_check.py

clean:
	rm -rf $(VENV) var build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
