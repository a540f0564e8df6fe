# Two commands matter: `make run` cleans the sample input, `make test` passes the tests. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT := data/out

.PHONY: run test lint docs bench wheels lock clean

# The lock is whole, so nothing is left to resolve: pip 23 would weigh extras against caps anew, and fail.
$(BIN)/.ready: requirements.lock pyproject.toml packaging/core/pyproject.toml src/cleancopy/native/kernel.c
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e packaging/core -e .
	$(BIN)/python -m compileall -q src  # where Python may not cache what it compiles, every worker would compile it again
	touch $@

run: $(BIN)/.ready
	$(BIN)/cleancopy run data/raw --out $(OUT)
	$(BIN)/cleancopy show $(OUT) --head 3

# A worker for each core, four at most. The tests of a file share servers and an order, so one worker runs them all.
test: $(BIN)/.ready
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile

lint: $(BIN)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/complexipy

# The site, in `site/`: a warning fails. Its tools come when it is asked for: they take 85 MB.
docs: $(BIN)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

$(BIN)/.docs: $(BIN)/.ready requirements-docs.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-docs.lock
	touch $@

# Speed beside trafilatura, langdetect and datatrove; ARGS="--quick" takes a minute, ARGS="--wcxb PATH" adds real pages.
bench: $(BIN)/.ready
	$(BIN)/python bench/run.py $(ARGS)

# cleancopy-core and cleancopy, which needs it: a source distribution of each and their wheels, in dist/. What core compiles is
# made for each platform that zig compiles for, with a wheel without it for all others. The compiler is no part of the lock:
# it takes 400 MB, and a checkout does with the machine's own, or without.
TARGETS = $(shell $(BIN)/python -c "import runpy; print(*runpy.run_path('src/cleancopy/native/build.py')['TARGETS'])")
BUILD = ../../.venv-wheels/bin/python -m hatchling build -d ../../dist
wheels: $(BIN)/.ready
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist
	$(PYTHON) -m venv .venv-wheels
	.venv-wheels/bin/python -m pip install --quiet --disable-pip-version-check hatchling ziglang
	cd packaging/core && for target in $(TARGETS); do CLEANCOPY_TARGET=$$target $(BUILD) -t wheel || exit 1; done
	cd packaging/core && CLEANCOPY_PURE=1 $(BUILD) -t wheel && $(BUILD) -t sdist

# Locks are universal (Python 3.11 and newer) and name no host. What both hold they hold in the same version.
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock:
	$(COMPILE) --all-extras --group dev pyproject.toml -o requirements.lock --no-emit-package cleancopy-core
	$(COMPILE) --group docs --constraint requirements.lock -o requirements-docs.lock

clean:
	rm -rf $(OUT) site .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
