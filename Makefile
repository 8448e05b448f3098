# Lienthong. `make run` shows it working; `make test` proves it; `make help` lists the rest.
#
# Everything is installed into .venv from requirements/*.lock, hashes checked. The six packages are not installed:
# tools run from this folder with PYTHONPATH set to it, and PYTHONSAFEPATH keeps the current folder off sys.path.

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
STATE ?= var
ARGS ?=

export PYTHONPATH := $(CURDIR)
export PYTHONSAFEPATH := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

CODE := schemas signing registry adapters config bus
INSTALL := $(PY) -m pip install --quiet --require-hashes --requirement

.PHONY: help run test check format bench lock wheel setup clean pristine

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/run.stamp ## start the bus with the sample nation and resolve three dossiers; Ctrl-C stops it
	@exec $(PY) -P -m bus demo --stay --state $(STATE)/demo $(ARGS)

test: $(VENV)/dev.stamp ## the whole suite, offline; ARGS="-k seal" narrows it
	@exec $(PY) -P -m pytest $(ARGS)

check: $(VENV)/dev.stamp ## lint, format, types, layers
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(VENV)/dev.stamp ## format the code and mend what lint can mend
	$(VENV)/bin/ruff format
	$(VENV)/bin/ruff check --fix

bench: $(VENV)/dev.stamp ## the figures, as tables; nothing is asserted by time
	@exec $(PY) -P -m pytest tests/bench -q -s --no-header -p no:cacheprovider $(ARGS)

lock: $(VENV)/dev.stamp ## write requirements/*.lock anew; UPGRADE=1 moves to the newest versions
	requirements/lock $(if $(UPGRADE),--upgrade)

wheel: $(VENV)/dev.stamp ## build dist/lienthong-*.whl with the locked build tools
	rm -rf build dist
	$(PY) -m build --quiet --wheel --no-isolation

setup: $(VENV)/dev.stamp ## make .venv complete without running anything

$(VENV)/run.stamp: requirements/run.lock | $(PY)
	@echo "Installing what the bus needs into $(VENV) (once)…"
	@$(INSTALL) requirements/run.lock
	@requirements/commands $(VENV)
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock | $(PY)
	@echo "Installing what the tests need into $(VENV) (once)…"
	@$(INSTALL) requirements/dev.lock
	@requirements/commands $(VENV)
	@touch $@ $(VENV)/run.stamp

$(PY):
	@requirements/venv $(VENV)

clean: ## remove what was built and cached; .venv and the state under var/ stay
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find $(CODE) tests -name __pycache__ -type d -prune -exec rm -rf {} +

pristine: clean ## clean, and remove .venv too
	rm -rf $(VENV)
