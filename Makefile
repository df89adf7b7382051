# gridpatrol: `make run` does the main job, `make test` proves it. Nothing here needs root.
PYTHON ?= python3
SOURCE ?=
ARGS   ?=
VENV   := .venv
BIN    := $(VENV)/bin
LOCK   := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
          --no-annotate --no-header -q

# Where Python may not keep what it compiled, each process that is started compiles all of it again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check types format layers pages console-types fix lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.run gateway/console/vendor/.installed ## install what the product needs into .venv

setup-dev: setup $(VENV)/.dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "gridpatrol needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { echo "Python cannot make a virtual environment. On Debian/Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.run: requirements/run.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing gridpatrol into $(VENV): about 250 MB to download, 1 GB on disk. No torch, no GPU packages."
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/run.lock
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	@echo "Installing what the tests need"
	@$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements/dev.lock
	@touch $@

gateway/console/vendor/.installed: gateway/console/package-lock.json gateway/console/install.py | $(VENV)/.run
	@$(BIN)/python gateway/console/install.py

run: setup ## the main job: cameras in, incidents in the dispatch queue out (SOURCE=… for your own cameras or files)
	@$(BIN)/gridpatrol run $(if $(SOURCE),--source "$(SOURCE)",--demo) $(ARGS)

test: setup-dev ## every test, a file at a time on each core; what fails there, once more by itself
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS) || { test $$? -eq 1 \
		&& echo "make test: what failed is run once more, with the machine to itself" \
		&& $(BIN)/python -m pytest --last-failed --last-failed-no-failures none $(ARGS); }

check: setup-dev ## format, lint, types, layers, docs: two at a time
	@$(MAKE) --no-print-directory -j2 types format layers pages console-types

types:
	@$(BIN)/mypy

format:
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

layers:
	@$(BIN)/lint-imports

pages:
	@$(BIN)/python docs/generate.py --check

console-types:
	@if command -v npm >/dev/null; then \
		npm --prefix gateway/console ci --ignore-scripts --silent && npm --prefix gateway/console run --silent check; \
	else echo "make check: no npm on PATH, so the console's types were not checked"; fi

fix: setup-dev ## format and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: ## resolve the pinned dependencies anew (needs uv)
	@for part in run:demo dev:dev; do \
		$(LOCK) --upgrade --extra $${part#*:} pyproject.toml -o requirements/$${part%:*}.lock || exit 1; \
	done
	@$(LOCK) --upgrade --extra demo --extra nvidia -c requirements/run.lock pyproject.toml -o requirements/nvidia.lock

clean: ## remove the virtual environment and caches (never var/, where your data is)
	rm -rf $(VENV) build dist gateway/console/vendor gateway/console/node_modules \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find vision gateway benchmarks models docs tests -name __pycache__ -type d -prune -exec rm -rf {} +
