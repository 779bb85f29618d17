.DEFAULT_GOAL := help
PYTHON ?= python3
DATA_DIR ?= var
BIN := .venv/bin
PIP := $(BIN)/pip --quiet --disable-pip-version-check

help:  ## say what each command does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

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
	$(BIN)/schemathesis --config-file tests/web/schemathesis.toml run $(URL)/api/openapi.json --header "Authorization: Bearer $(TOKEN)"

bench: .venv/.workshop  ## measure, as ratios in one run
	$(BIN)/python benchmarks/run.py

chaos: .venv/.workshop  ## kill, drown and cut off what runs; PART=mail for one (30 minutes; LONG=1 lifts its limits)
	PYTHONPATH=benchmarks $(BIN)/python resilience/chaos.py $(PART) $(if $(SEED),--seed $(SEED)) $(if $(SCALE),--scale $(SCALE))

load: .venv/.workshop wrk  ## what the pages bear, driven by wrk (20 minutes; LONG=1 adds the hour)
	PYTHONPATH=benchmarks $(BIN)/python resilience/load.py $(PART) $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

wrk:
	@command -v wrk >/dev/null || { sudo=$$([ $$(id -u) -eq 0 ] || echo sudo); $$sudo apt-get update -qq; $$sudo apt-get install -y -qq wrk; } \
		|| echo "wrk could not be installed: install it by hand. Nothing will be measured."

security: .venv/.workshop .venv/audit/.ready  ## break each guard and see its test turn red; look up our packages (10 minutes)
	$(BIN)/python resilience/security.py $(PART)

.venv/audit/.ready:
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/pip --quiet --disable-pip-version-check install pip-audit==2.10.1 && touch $@ || echo "pip-audit could not be installed: nothing will be audited."

lock: .venv/.workshop  ## pin the newest allowed versions
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-options --no-header --output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-options --no-header --extra dev --output-file requirements-dev.lock pyproject.toml

.PHONY: help setup demo serve worker test lint api-fuzz bench chaos load wrk security lock
