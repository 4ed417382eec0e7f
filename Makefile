# Each target does its own set-up: it needs git, make and python3 with venv.
#
# A variable given to make is a setting: `make impl=select users=2000` says the
# same as `snakemake --cores 1 all --config impl=select users=2000`. PYTHON and
# VENV, in capitals, are make's own.

PYTHON ?= python3
VENV ?= .venv

given = $(foreach name,$(.VARIABLES),$(if $(findstring command,$(origin $(name))),$(name)))
settings = $(sort $(filter-out PYTHON VENV MAKE% -%,$(given)))
config = $(foreach name,$(settings),'$(name)=$(subst ','\'',$($(name)))')
snakemake = PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/snakemake --cores 1 all

.PHONY: all demo test lint benchmark lock help

all: $(VENV)/.runs ## Measure the default study (30 minutes) and write tables and charts
	$(snakemake) $(if $(config),--config $(config))

demo: $(VENV)/.runs ## The same with the small study (2 minutes)
	$(snakemake) --config study=demo $(config)

test: $(VENV)/.tests ## Run the tests
	$(VENV)/bin/python -m pytest

lint: $(VENV)/.tests ## Check style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/snakefmt --check Snakefile

benchmark: $(VENV)/.tests ## Measure what a cell costs beyond its load, and a dry run
	$(VENV)/bin/python -m benchmarks

lock: $(VENV)/.tests ## Pin the newest versions that pyproject.toml allows
	$(lock) pyproject.toml --output-file requirements.txt
	$(lock) --extra dev pyproject.toml --output-file requirements-dev.txt

lock = $(VENV)/bin/uv pip compile --quiet --upgrade --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command 'make lock'

help: ## Show this
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

$(VENV)/.runs: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --require-hashes -r requirements.txt
	touch $@

$(VENV)/.tests: requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	touch $@ $(VENV)/.runs
