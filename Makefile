# `make run` and `make test` are all a newcomer needs; the first of them prepares .venv (see .ci/setup).
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: run test check bench soak golden lock clean setup
.DEFAULT_GOAL := test

run: setup ## the demo of config.yaml: recorded feeds, a simulated 2005, alerts on the terminal and in outbox/
	@exec "$(BIN)/covenantd" run

test: setup ## every test, in parallel
	@"$(BIN)/python" -m pytest -n auto --maxprocesses 8 --dist loadgroup

check: setup ## style, types, import layers, YAML, rule files
	@"$(BIN)/ruff" check
	@"$(BIN)/mypy"
	@"$(BIN)/lint-imports"
	@"$(BIN)/yamllint" --strict rules config.yaml
	@"$(BIN)/covenantd" check rules

bench: setup ## evaluations a second against raw durable_rules, replay time, start-up time
	@"$(BIN)/python" bench/run.py

HISTORIES ?= 10000
SEED ?= 1
soak: setup ## random histories through both evaluators: make soak HISTORIES=100000 SEED=7
	@"$(BIN)/python" bench/soak.py --histories $(HISTORIES) --seed $(SEED)

golden: setup ## write the golden files anew: read the difference before you commit it
	@COVENANTD_GOLDEN=1 "$(BIN)/python" -m pytest

lock: ## resolve requirements.lock anew from pyproject.toml (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-emit-index-url --no-header --upgrade --output-file requirements.lock pyproject.toml

clean: ## caches and builds; never a ledger, an outbox or .venv
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name .venv -prune -o -type d -name __pycache__ -exec rm -rf {} +

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml .ci/setup
	@sh .ci/setup "$(VENV)"
