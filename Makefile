.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
Q ?= How much did Kimi, StepFun and DeepSeek raise in one week of May 2026?

export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export HF_HUB_OFFLINE := 1

.PHONY: help run ask test check lint types proofs torture bench gate baseline eval train-evidence browser clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml constraints.txt
	@echo "Setting up $(VENV): two to five minutes, the longest for torch."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --only-binary :all: --require-virtualenv torch
	$(BIN)/python -m pip install --quiet --require-virtualenv --editable '.[dev]'
	@touch $@

run: $(STAMP) ## set up, load the shipped articles on first use, serve on http://127.0.0.1:8000/
	$(BIN)/groundwire serve

ask: $(STAMP) ## one answer with its sources: make ask Q="…"
	@$(BIN)/groundwire ask '$(subst ','\'',$(value Q))'

test: $(STAMP) ## run the test suite
	$(BIN)/python -m pytest

check: lint types test ## all that must hold before a commit: ruff, mypy strict, the suite

lint: $(STAMP) ## ruff: style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy

proofs: $(STAMP) ## the slow proofs that the suite leaves out
	$(BIN)/python -m pytest -m slow

torture: $(STAMP) ## a thousand kills and as many power losses while storing, deleting, merging, rebuilding; faults noticed
	TORTURE_KILLS=1000 TORTURE_POWER_LOSSES=1000 $(BIN)/python -m pytest -m slow tests/index

bench: $(STAMP) ## speed of indexing and of a question, as ratios
	$(BIN)/python benchmarks/indexing.py
	$(BIN)/python benchmarks/question.py
	$(BIN)/python benchmarks/evidence.py

gate: $(STAMP) ## is this version worse than the committed baseline? exit status 4 where it is
	$(BIN)/groundwire eval gate

baseline: $(STAMP) ## make what this version scores the new baseline of the gate
	$(BIN)/groundwire eval gate --accept

eval: $(STAMP) ## run the questions of the library's own articles
	$(BIN)/groundwire eval run

train-evidence: $(STAMP) ## train the evidence model again: make train-evidence DATA=DIR [POOLS=DIR] [WORK=DIR]
	@test -n "$(DATA)" || { echo 'Name the folder of training sets: make train-evidence DATA=DIR'; exit 2; }
	$(BIN)/python -m eval.train_evidence --data "$(DATA)" $(if $(POOLS),--pools "$(POOLS)") --work "$(or $(WORK),build/evidence)"

browser: ## install the browser that the page tests drive (Debian packages, needs root)
	apt-get update
	apt-get install --yes --no-install-recommends chromium chromium-driver fonts-noto-cjk

clean: ## remove what was built here; the data folder stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
