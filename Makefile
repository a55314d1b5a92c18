# Everything a developer types. `make demo` and `make test` set up what they need: python3 (3.11+, venv), make and git are enough.
.DEFAULT_GOAL := help
.PHONY: help setup demo test quick faults check format schema bench clean

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .uv/bin/uv
BIN := .venv/bin

export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := true

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/ready ## install the locked dependencies into .venv

.venv/ready: pyproject.toml uv.lock
	@test -x $(UV) || { echo "setting up: the installer" >&2; $(PYTHON) -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	@echo "setting up: the locked dependencies" >&2
	@$(UV) sync --quiet --locked --python "$$(command -v $(PYTHON))"
	@touch $@

demo: setup ## the whole chain, from nothing to AD membership and back
	@$(BIN)/lockstep demo

test: setup ## all tests; those that need Samba say so when they are skipped
	@$(BIN)/pytest --numprocesses 2 --dist loadfile --cov --cov-report=term-missing:skip-covered

quick: setup ## the tests that open no socket
	@$(BIN)/pytest tests/unit --quiet

faults: setup ## apply, destroy and all jobs of the runbook disturbed in every way at every single request; an hour
	@LOCKSTEP_FAULTS=all $(BIN)/pytest tests/integration/test_runbook_faults.py tests/end_to_end/test_killed_anywhere.py --quiet

check: setup ## lint, formatting, types, import direction
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## write the formatting that `check` asks for
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

schema: setup ## regenerate the JSON Schemas for editors
	@$(BIN)/lockstep schema environment > environments/schema.json
	@$(BIN)/lockstep schema mapping > environments/mapping.schema.json

bench: setup ## one person and everybody beside the least it can take, memory, start, 100 catalogs, growth; half an hour
	@$(BIN)/python -m benchmarks.reconcile
	@$(BIN)/python -m benchmarks.start
	@$(BIN)/python -m benchmarks.catalogs
	@$(BIN)/python -m benchmarks.sweep
	@$(BIN)/python -m benchmarks.sweep_memory
	@$(UV) run --quiet --locked --group bench python -m benchmarks.growth

clean: ## remove what setup and tests made
	@rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* dist build
