# Everything here works in a fresh clone on a machine with Python 3.11 or newer and make.

VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/.made
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
WORKERS ?= 2
BENCH ?=
ARGS ?=
# The first of these that is there and new enough makes .venv; `make setup PYTHON=…` overrides.
PYTHONS := python3 python3.13 python3.12 python3.11

.DEFAULT_GOAL := help
.PHONY: help setup setup-test setup-bench demo test check bench lock clean
.SUFFIXES:

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(MADE)/base ## make .venv with Comity in it (nothing to do when it is up to date)

demo: $(if $(findstring replay,$(ARGS)),setup-test,setup) ## play 31 August 2018 in Philadelphia, offline, in some ten seconds
	@$(BIN)/comity demo $(if $(ARGS),$(ARGS),--open)

test: setup-test ## run every test (ARGS="-k name" chooses)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

check: setup-test setup-bench ## style, types, import layers, shape of the house, docs
	@echo "ruff check" && $(BIN)/ruff check --quiet .
	@echo "ruff format" && $(BIN)/ruff format --check --quiet . \
		|| { echo "some files are not formatted; run: $(BIN)/ruff format ." >&2; exit 1; }
	@echo "mypy --strict" && $(BIN)/mypy
	@echo "import layers" && $(BIN)/lint-imports --no-cache
	@echo "shape and docs" && $(BIN)/python -m pytest -q -m "not slow" tests/test_shape.py tests/test_docs.py

bench: setup-bench ## measure (BENCH=gateway runs one); one JSON line a figure
	@$(BIN)/python -m bench $(BENCH)

lock: ## renew requirements/*.txt from requirements/*.in
	@test -x $(VENV)-lock/bin/pip-compile || { $(MAKE) --no-print-directory $(BIN)/python && \
		$(BIN)/python -m venv $(VENV)-lock && \
		$(VENV)-lock/bin/python -m pip -qq install --require-hashes -r requirements/lock.txt; }
	@for name in base test bench spark build lock; do \
		echo "requirements/$$name.txt"; \
		$(VENV)-lock/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe \
			--strip-extras --no-header --annotation-style=line \
			--no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
			--output-file requirements/$$name.txt requirements/$$name.in || exit 1; \
	done

clean: ## remove whatever make made
	rm -rf $(VENV) $(VENV)-lock build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup-test: $(MADE)/test

setup-bench: $(MADE)/bench

$(BIN)/python:
	@python=""; for one in $(PYTHON) $(PYTHONS); do \
		if $$one -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then python=$$one; break; fi; done; \
	if [ -z "$$python" ]; then \
		echo "comity: Python 3.11 or newer is not on the PATH" >&2; \
		echo "Try: install it, or name it: make setup PYTHON=/path/to/python3" >&2; exit 3; fi; \
	echo "making $(VENV) with $$($$python --version)" >&2; \
	$$python -m venv $(VENV) || { \
		rm -rf $(VENV); \
		echo "Try: on Debian or Ubuntu, apt-get install python3-venv" >&2; exit 3; }

$(MADE)/base: requirements/base.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo "installing what Comity runs on (some 30 packages, 26 MB)" >&2
	@$(PIP) install --require-hashes -r requirements/base.txt
	@$(PIP) install --require-hashes -r requirements/build.txt
	@echo "installing Comity itself" >&2
	@$(PIP) install --no-deps --no-build-isolation -e .
	@mkdir -p $(MADE) && touch $@

$(MADE)/test: requirements/test.txt $(MADE)/base
	@echo "installing what the tests need" >&2
	@$(PIP) install --require-hashes -r requirements/test.txt
	@touch $@

$(MADE)/bench: requirements/bench.txt $(MADE)/base
	@echo "installing what the benchmarks measure against" >&2
	@$(PIP) install --require-hashes -r requirements/bench.txt
	@touch $@
