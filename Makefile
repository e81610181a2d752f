# Development. `make check` is what a change must pass; `./install.sh test` prepares .venv and runs the default suites.

PYTHON ?= $(shell [ -x .venv/bin/python ] && echo .venv/bin/python || echo python3)
RUN = $(PYTHON) -m
SOURCES = minikf gpu tui bundles tests scripts setup.py

.PHONY: help check lint types imports quick test lab lab-core lab-full slow faults bench docs lock clean

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

check: lint types imports docs-check quick ## Style, types, layers, reference pages and the quick tests

lint: ## ruff: rules and format
	$(RUN) ruff check $(SOURCES)
	$(RUN) ruff format --check $(SOURCES)

types: .types ## mypy --strict over the package as it is imported
	cd .types && $(abspath $(PYTHON)) -m mypy --config-file ../pyproject.toml -p minikf

imports: .types ## import-linter: the layers
	cd .types && $(abspath $(PYTHON)) -c 'from importlinter.cli import lint_imports_command as run; run()' --config ../pyproject.toml

.PHONY: .types
.types: # folders as packages: mypy and import-linter read no package_dir mapping
	@rm -rf .types && mkdir -p .types/minikf
	@for entry in minikf/*; do ln -s "../../$$entry" .types/minikf/; done
	@for folder in gpu tui bundles; do ln -s "../../$$folder" ".types/minikf/$$folder"; done

quick: ## The tests that need no daemon
	$(RUN) pytest -q tests/unit

test: ## The default suites, as ./install.sh test runs them
	$(RUN) pytest

lab: ## Builds the lab: Kubernetes, kind, k3d, a node image, a Docker engine (root, Debian, Go; first run: half an hour)
	$(PYTHON) tests/lab build

lab-core: ## What CI runs of the lab: against a real kube-apiserver, and on real clusters
	$(RUN) pytest tests/lab -m core

lab-full: ## All of the lab
	$(RUN) pytest tests/lab

faults: ## The fault tests at full length
	MINIKF_KILL_ROUNDS=500 $(RUN) pytest tests/unit/store/test_store_killed.py tests/embedded/daemon/test_killed.py \
	  tests/embedded/promote/test_promote_apply.py

slow: ## The tests that take minutes: whole installations
	$(RUN) pytest -m slow

bench: ## Speed against the goals; both sides in one run
	$(RUN) tests.bench

docs: ## Writes docs/cli.md and docs/tuning.md from the program's own help and tables
	$(RUN) scripts.cli_reference docs/cli.md
	$(RUN) scripts.tuning_reference docs/tuning.md
	$(RUN) scripts.tui_reference docs/terminal-ui.md

.PHONY: docs-check
docs-check:
	$(RUN) scripts.cli_reference --check docs/cli.md
	$(RUN) scripts.tuning_reference --check docs/tuning.md
	$(RUN) scripts.tui_reference --check docs/terminal-ui.md

lock: ## Resolves the dependencies anew: versions and hashes, no address of an index
	sh scripts/lock.sh

clean: ## Removes what the targets made
	rm -rf .types .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
