# Moe's Casino. `make run` starts it, `make test` proves it; both set themselves up.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help setup run check test faults bench bench-floor bench-sockets soak lock clean

help: ## what there is
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: $(VENV)/.ready static/node_modules/.ready ## set up .venv and the front-end packages

$(VENV)/bin/uv:
	@echo "setup: creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==0.13.9

$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/uv
	@echo "setup: installing locked Python packages"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

static/node_modules/.ready: static/package.json static/package-lock.json tools/npm.sh | $(VENV)/.ready
	@echo "setup: installing front-end packages"
	@tools/npm.sh ci --omit=dev --ignore-scripts --prefix static
	@touch $@

run: setup ## start the casino (ARGS="--port 8000 --bots 12")
	@exec $(BIN)/casino dev $(ARGS)

check: setup ## format, lint, types, import contracts
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && echo "check: format and lint ok"
	@$(BIN)/mypy --no-error-summary && echo "check: types ok"
	@$(BIN)/lint-imports >/dev/null 2>&1 && echo "check: import contracts ok" || { $(BIN)/lint-imports; exit 1; }

test: check ## check, then all tests (minutes)
	@tools/chromium.sh
	@$(BIN)/pytest $$(command -v chromium >/dev/null || echo '--ignore-glob=*/test_browser*.py') $(ARGS)

faults: setup ## the long tests that kill, pause and cut real processes
	@$(BIN)/pytest tests/faults $(ARGS)

bench: setup ## measurements, side by side
	@$(BIN)/python -m tests.bench $(ARGS)

bench-%: setup ## one of them: engine, odds
	@$(BIN)/python -m tests.bench $* $(ARGS)

bench-floor: setup ## the whole casino under players and watchers (ARGS="--tables 50 --seconds 60")
	@$(BIN)/python -m tests.bench.floor_load $(ARGS)

bench-sockets: setup ## the socket server beside Node.js and python-socketio (ARGS="--repeats 5")
	@tools/npm.sh ci --ignore-scripts --prefix tests/bench/node >/dev/null
	@$(BIN)/python -m tests.bench.sockets $(ARGS)

soak: setup ## long statistical and stress runs
	@$(BIN)/pytest tests/soak $(ARGS)

lock: $(VENV)/bin/uv ## renew the lock files
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --extra embedded --extra dev pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 tools/node.in -o requirements-node.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --constraint requirements.lock pyproject.toml -o requirements-production.lock

clean: ## remove what setup made (not .casino, the casino's data)
	@rm -rf $(VENV) static/node_modules tests/bench/node/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
