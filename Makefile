# Everything starts here. `make` alone prints this help. Works with GNU Make 3.81 (macOS) and later.
#
# What has been set up is remembered in .make/, one empty file for each step, which is older than its inputs
# when the step has to be done again. Progress goes to standard error: standard output belongs to Warmline.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help run test bench torture lock clean

# Options for `warmline demo`, as in: make run ARGS="--port 8123 --json"; of the benchmark: make bench ARGS=--quick
ARGS ?=
# Tests to run, as in: make test TESTS=tests/storage
TESTS ?= tests
# How many files of tests run side by side; most of them wait for servers, not for the processor.
SIDE_BY_SIDE ?= 2

VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --no-input install -q --require-hashes
SAY := echo >&2

help: ## Print this help
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile
	@echo '  .venv/bin/warmline --help tells the commands of the server itself.'

run: .make/installed .make/web ## Set up what is missing and start the demo (ARGS="--port 8123 --json")
	@exec $(VENV)/bin/warmline demo $(ARGS)

test: .make/installed .make/web .make/tested .make/chromium ## Set up what tests need and run every check and test
	@$(SAY) "warmline: checking style, types and imports"
	@$(VENV)/bin/ruff check -q .
	@$(VENV)/bin/ruff format --check -q .
	@$(VENV)/bin/mypy --no-error-summary
	@$(VENV)/bin/lint-imports --no-cache >.make/imports.txt || { cat .make/imports.txt; exit 1; }
	@$(SAY) "warmline: running the tests"
	@WARMLINE_CHROMIUM="$$(cat .make/chromium)" $(VENV)/bin/pytest -q -n $(SIDE_BY_SIDE) --dist loadfile $(TESTS)

bench: .make/installed .make/web ## Measure speed beside others, on this machine (ARGS="--quick --out FILE")
	@PATH="$$PWD/$(VENV)/bin:$$PATH" $(PYTHON) -m tests.load $(ARGS)

torture: .make/installed .make/web .make/tested ## Hold the promises about alerts to kills and outages (ARGS="--runs 1000 --out FILE")
	@$(PYTHON) -m tests.torture $(ARGS)

lock: .make/venv ## Renew the locks of all dependencies (needs the network)
	@$(PYTHON) -m pip --disable-pip-version-check install -q 'uv>=0.9'
	@$(LOCK) pyproject.toml -o requirements.txt
	@$(LOCK) pyproject.toml --extra traces -c requirements.txt -o requirements-traces.txt
	@$(LOCK) pyproject.toml --extra traces --group test -c requirements-traces.txt -o requirements-test.txt
	@$(LOCK) --group build -o requirements-build.txt
	@$(LOCK) --group node -o requirements-node.txt
	@$(LOCK) tests/load/peers/requirements.in -o tests/load/peers/requirements.txt
	@$(SAY) "warmline: the locks are renewed; make test says whether they hold"

LOCK = $(VENV)/bin/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header

clean: ## Remove the environment, the built front-end and all caches
	@rm -rf $(VENV) .make .mypy_cache .ruff_cache .pytest_cache .hypothesis .bench chat/web/dist chat/web/node_modules

# --- the steps ---------------------------------------------------------------------------------------------

# An environment that works is kept; one whose Python has gone or moved is made anew.
.make/venv:
	@mkdir -p .make
	@set -e; \
	if ! $(PYTHON) -m pip --version >/dev/null 2>&1; then \
	  found=; \
	  for candidate in python3.13 python3.12 python3.11 python3; do \
	    if $$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	    then found=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    $(SAY) "warmline: needs Python 3.11 or newer with its venv module (Debian: apt-get install python3-venv)"; \
	    exit 1; \
	  fi; \
	  $(SAY) "warmline: making the environment with $$($$found --version)"; \
	  $$found -m venv --clear $(VENV); \
	fi
	@touch $@

.make/locked: .make/venv requirements.txt requirements-build.txt
	@$(SAY) "warmline: installing the locked dependencies (a minute at first)"
	@$(PIP) -r requirements.txt -r requirements-build.txt
	@touch $@

# Node is only needed to build the front-end, so it comes from a wheel where the machine has none.
.make/node: .make/venv requirements-node.txt
	@if command -v npm >/dev/null 2>&1 && \
	  node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' >/dev/null 2>&1; then :; else \
	  $(SAY) "warmline: installing Node for the front-end"; \
	  $(PIP) -r requirements-node.txt; \
	fi
	@touch $@

# The build itself knows whether its sources have changed, so it is asked whenever one of them might have.
.make/web: .make/locked .make/node $(shell find chat/web -type f ! -path '*/node_modules/*' ! -path '*/dist/*' \
  ! -path '*/__pycache__/*' 2>/dev/null)
	@$(SAY) "warmline: building the front-end"
	@$(PYTHON) chat/web/build.py >&2
	@touch $@

.make/installed: .make/locked .make/web pyproject.toml
	@$(SAY) "warmline: installing the command warmline"
	@$(PYTHON) -m pip --disable-pip-version-check install -q --no-deps --no-build-isolation --no-index -e .
	@touch $@

.make/tested: .make/locked requirements-test.txt
	@$(SAY) "warmline: installing what the tests need"
	@$(PIP) -r requirements-test.txt
	@touch $@

# Holds the path of the Chromium that the browser tests drive.
.make/chromium: .make/tested tests/support/chromium.py
	@$(PYTHON) tests/support/chromium.py >$@
