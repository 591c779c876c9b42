# kubectl-order: every command a contributor needs. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python -m

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-down test cluster cluster-down check format bench lock

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/ready ## make .venv with the locked dependencies

.venv/ready: requirements.txt pyproject.toml
	@echo "setting up .venv with the locked dependencies (a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	@$(PYTHON) -m venv .venv
	@$(RUN) pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## a cluster on this computer, and three certificates issued in it
	@$(RUN) devcluster demo

demo-down: cluster-down ## end what `make demo` started

cluster: setup ## only the control plane, the CA and DNS
	@$(RUN) devcluster up

cluster-down: setup ## end them
	@$(RUN) devcluster down

check: setup ## format, lint, types, layering, generated files: seconds
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python deploy/generate.py --check

test: check ## every check and test, on the real parts
	@$(RUN) devcluster fetch
	@$(RUN) tests

bench: setup ## the benchmark: a table, and bench.json
	@$(RUN) devcluster fetch
	@$(RUN) devcluster.netns $(RUN) tests.bench

format: setup ## put the code into form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: setup ## choose the versions of the dependencies anew
	@CUSTOM_COMPILE_COMMAND="make lock" $(RUN) piptools compile --quiet --upgrade --generate-hashes --allow-unsafe \
		--strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--extra controller --extra webhook --extra dev --output-file requirements.txt pyproject.toml
