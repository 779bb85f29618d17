.DEFAULT_GOAL := help
PYTHON ?= python3
DATA_DIR ?= var
BIN := .venv/bin
PIP := $(BIN)/pip --quiet --disable-pip-version-check

help:  ## say what each command does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

setup: .venv/.ready  ## make .venv with the pinned packages, and the stylesheet

.venv/.packages: requirements.lock
	$(PYTHON) -m venv .venv
	$(PIP) install --require-hashes -r requirements.lock
	@touch $@

.venv/.ready: .venv/.packages pyproject.toml hatch_build.py scripts/build_assets.py requirements-node.lock assets/package.json assets/package-lock.json $(wildcard assets/*.scss)
	$(PIP) install --no-deps --no-build-isolation --editable .
	$(BIN)/python -m matching.warm
	$(BIN)/python scripts/build_assets.py
	@touch $@

.venv/.workshop: requirements-dev.lock .venv/.ready
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: setup  ## serve an example county at http://127.0.0.1:8000; ONCE=1 walks the whole journey and stops
	$(BIN)/marketplace demo --data-dir $(DATA_DIR) $(if $(PORT),--port $(PORT)) $(if $(ONCE),--once)

serve: setup  ## serve the pages (needs the settings in README.md)
	$(BIN)/marketplace serve

worker: setup  ## run the jobs: plans and messages
	$(BIN)/marketplace worker

test: .venv/.workshop  ## run every test
	$(BIN)/pytest

lint: .venv/.workshop  ## check style, types and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

api-fuzz: .venv/.workshop  ## ask the API of a running server what it should not be asked: URL=… TOKEN=…
	$(BIN)/schemathesis run $(URL)/api/openapi.json --header "Authorization: Bearer $(TOKEN)"

bench: .venv/.workshop  ## measure, as ratios in one run
	$(BIN)/python benchmarks/run.py

chaos: .venv/.workshop  ## kill, drown and cut off what runs; nothing may be lost (30 minutes)
	PYTHONPATH=benchmarks $(BIN)/python resilience/chaos.py

load: .venv/.workshop  ## what the pages bear; needs wrk; LONG=1 adds the hour (25 minutes)
	PYTHONPATH=benchmarks $(BIN)/python resilience/load.py

security: .venv/.workshop  ## break each guard and see its test turn red (30 minutes)
	$(BIN)/python resilience/security.py

lock: .venv/.workshop  ## pin the newest allowed versions
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-options --no-header --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-options --no-header --extra dev --output-file requirements-dev.lock pyproject.toml

.PHONY: help setup demo serve worker test lint bench chaos load security lock
