# Everything here needs python3 (3.11 or newer), venv, pip and make; the rest is installed by it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help demo run doctor test faultlab mutants bench pictures check format lock clean

help:  ## What can be said here
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.run  ## The whole product, without accounts, on a page (ARGS=--script: in the console, ends by itself)
	@$(BIN)/evobot demo $(ARGS)

run: $(VENV)/.run  ## The bot, with the settings in .env
	@$(BIN)/evobot run

doctor: $(VENV)/.run  ## Are settings, Slack and Evo Voice as they should be?
	@$(BIN)/evobot doctor

test: $(VENV)/.dev  ## All tests
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

faultlab: $(VENV)/.dev  ## Every promise under load, kills and faults, at full size; one table (ARGS="NAME --short")
	$(BIN)/python -m tests.faultlab $(ARGS)

mutants: $(VENV)/.dev  ## Each safeguard taken away in turn: a test must turn red
	$(BIN)/python -m tests.faultlab.mutants $(ARGS)

bench: $(VENV)/.dev  ## Speed beside an empty Bolt's, in one table of ratios; takes ten minutes (ARGS="NAME --short", --full)
	$(BIN)/python -m benchmarks $(ARGS)

pictures: $(VENV)/.dev  ## The README's pictures, taken anew from a real visit to the workbench (needs Chromium)
	$(BIN)/python -m tests.e2e.pictures

check: $(VENV)/.dev  ## Types, lint, layers, known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/python -m tests.advisories

format: $(VENV)/.dev  ## Tidy the source
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: $(VENV)/.dev  ## Pin the newest allowed versions anew
	$(BIN)/pip-compile -q --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --extra demo --all-build-deps -o requirements.txt pyproject.toml
	$(BIN)/pip-compile -q --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --extra demo --extra postgres --extra dev --all-build-deps -o requirements-dev.txt pyproject.toml

clean:  ## Forget the environment
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "Setting up .venv; the first time takes half a minute."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@PYTHONWARNINGS=ignore $(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	@echo "Adding the tools for tests and checks."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
