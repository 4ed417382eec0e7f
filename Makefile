# Each target does its own set-up: it needs git, make and python3 with venv.
#
# A variable given to make is a setting: `make impl=select users=2000` is the same as
# `snakemake --cores 1 all --config impl=select users=2000`. PYTHON and VENV, in capitals,
# are no settings. The servers that are measured do not get make's variables: the
# `make run` of a submission would use them. A $ in a setting is no variable of make's.

PYTHON ?= python3
VENV ?= .venv

given = $(foreach name,$(.VARIABLES),$(if $(findstring command,$(origin $(name))),$(name)))
settings = $(sort $(filter-out PYTHON VENV MAKE% -% $(of_gate),$(given)))
# What a gate, or a comparison, is told beside settings.
of_gate = $(if $(filter gate,$(MAKECMDGOALS)),base least seed)
of_compare = $(if $(filter compare,$(MAKECMDGOALS)),base head least json junit chart)
# A setting with a dot in its name is one of `set`, as in `make report.language=ko`.
dotted = $(strip $(foreach name,$(settings),$(if $(findstring .,$(name)),$(name))))
config = $(foreach name,$(filter-out $(dotted),$(settings)),'$(name)=$(subst ','\'',$(value $(name)))')
config += $(if $(dotted),'set={$(subst ','\'',$(foreach name,$(dotted),$(name): "$(subst ",\",$(subst \,\\,$(value $(name))))",))}')
of_make = MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKE_TERMOUT MAKE_TERMERR
unexport $(given)

# What is written before `make` would be a variable of the environment, without effect.
known = app class conformance experiment hatch_rate idle impl load network page repeat report server set study users
read = $(of_gate) $(of_compare) $(if $(filter-out compare,$(goal)),$(known) $(filter $(addsuffix .%,$(known)),$(.VARIABLES)))
stray = $(firstword $(foreach name,$(read),$(if $(filter environment,$(origin $(name))),$(name))))
$(if $(and $(dotted),$(filter set,$(settings))),$(error firstfail: \
	$(firstword $(dotted)) and set=… say the same: write all of them with their dots, or all in set))
goal = $(firstword $(filter all archive compare conformance demo gate report,$(or $(MAKECMDGOALS),all)))
$(if $(stray),$(error firstfail: $(stray)=$($(stray)) is a variable of the environment: \
	write it behind, as in make $(goal) $(stray)=$($(stray)), or unset it))
$(if $(filter-out 1,$(words $(VENV))),$(error firstfail: VENV=$(VENV): \
	name one folder, whose path has no space))

# Not by the script of this name, which fails after the checkout was moved. Like that, it
# takes no modules from here (-P): a copy.py would be loaded in place of Python's, before
# anything can say so. Snakemake needs a home directory. A user of a container may have
# none, not even in passwd(5).
home = $${HOME:-$(CURDIR)/.cache}
snakemake = unset $(of_make); HOME="$(home)" exec $(VENV)/bin/python -P -m snakemake --cores 1
given_config = $(if $(strip $(config)),--config $(strip $(config)))

.PHONY: all demo report archive compare gate conformance test lint benchmark docs gallery site \
	lock install list clean help

all: $(VENV)/.runs ## Measure the default study (30 minutes): tables, charts and a report
	@$(snakemake) all $(given_config)

demo: $(VENV)/.runs ## The same with the small study (2 minutes)
	@$(snakemake) all --config study=demo $(strip $(config))

report: $(VENV)/.runs ## A report of what was asked for last; nothing is measured
	@$(snakemake) report $(given_config)

archive: $(VENV)/.runs ## One file to keep, send and cite, of what was asked for last
	@$(snakemake) archive $(given_config)

compare: $(VENV)/.runs ## Compare results: base=… head=…, folders, archives or commits
	@$(if $(call words_of,base),,$(error firstfail: make compare needs base=…, and may have \
		head=… (outputs): folders of outputs, archives, or commits whose cells are in outputs/runs))
	@$(if $(odd),$(error firstfail: make compare has no $(odd)=: it has base, head, least, json, \
		junit and chart))
	@$(VENV)/bin/python -m analysis compare $(sides) $(foreach name,least json junit chart,$(call words_of,$(name),--$(name)))

odd = $(firstword $(filter-out PYTHON VENV MAKE% -% $(of_compare),$(given)))
sides = $(call words_of,base) $(or $(call words_of,head),outputs)

gate: $(VENV)/.runs ## Measure if servers are slower than at base=REF, a commit (10 minutes)
	@$(if $(call words_of,base),,$(error firstfail: a gate needs a commit: make gate base=REF))
	@unset $(of_make); HOME="$(home)" exec $(VENV)/bin/python -m gate $(given_gate)

given_gate = $(foreach name,$(of_gate),$(call words_of,$(name),--$(name))) $(config)

conformance: $(VENV)/.runs ## Try how servers conform to HTTP/1.1; nothing is measured
	@$(snakemake) conformance $(given_config)

# What was given behind make, in quotes; nothing if it was not, or only in the environment.
words_of = $(if $(filter $(1),$(given)),$(2) '$(subst ','\'',$(value $(1)))')

test: $(VENV)/.tests ## Run the tests
	$(VENV)/bin/python -m pytest

lint: $(VENV)/.tests ## Check style and types
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .
	$(VENV)/bin/python -m mypy
	$(VENV)/bin/python -m snakefmt --check Snakefile

benchmark: $(VENV)/.tests ## Measure what a cell costs beyond its load, and planning
	$(VENV)/bin/python -m benchmarks

docs: $(VENV)/.tests ## Fill README.md and docs/ from docs/results/ and from the code
	$(VENV)/bin/python -m docs

site: $(VENV)/.tests ## Make a site of README.md and docs/, in outputs/site/
	$(VENV)/bin/python -m sphinx $(sphinx) . outputs/site
	@echo "outputs/site/index.html"

# From nothing; a warning is an error, and so is a link that leads nowhere.
sphinx = --quiet --builder html --fresh-env --fail-on-warning --nitpicky \
	--conf-dir docs/site --doctree-dir .cache/doctrees

gallery: $(VENV)/.runs ## Draw the pictures of docs/gallery.md from the records in docs/gallery/
	$(VENV)/bin/python -m docs gallery

lock: $(VENV)/.tests ## Pin the newest versions that pyproject.toml allows
	$(lock) pyproject.toml --output-file requirements.txt
	$(lock) --extra dev pyproject.toml --output-file requirements-dev.txt

lock = $(VENV)/bin/python -m uv pip compile --quiet --upgrade --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command 'make lock'

install: $(VENV)/.runs ## Install what a study needs, and measure nothing

list: $(VENV)/.runs ## Show what can be chosen: studies, implementations, pages and more
	@$(VENV)/bin/python -m conf.listing

clean: ## Remove caches, and results where that is answered with y
	rm -rf .cache .snakemake .hypothesis .pytest_cache .mypy_cache .ruff_cache
	@$(PYTHON) -m conf.cleaning

help: ## Show this
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

# What is printed meanwhile goes to a log. If something fails, the log's last lines show.
$(VENV)/.runs: requirements.txt
	@$(call install_from,$<)
	@touch $@

$(VENV)/.tests: requirements-dev.txt
	@$(call install_from,$<)
	@touch $@ $(VENV)/.runs

log = $(VENV)/install.log
define install_from
	echo 'Installing into $(VENV) …' && mkdir -p $(VENV) && \
	if ! { $(PYTHON) -m venv $(VENV) && \
	$(VENV)/bin/python -m pip install --require-hashes -r $(1); } > $(log) 2>&1; then \
		tail -n 15 $(log) >&2; \
		echo 'firstfail: the installation failed: $(log) has all that it said' >&2; \
		exit 1; \
	fi
endef
