# A local environment in .venv is made from nothing but Python 3.11 or newer, make and git.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# Compiled bytecode saves seconds at every start, also where the surroundings switch it off.
export PYTHONDONTWRITEBYTECODE :=
export DO_NOT_TRACK := 1

.PHONY: help run benchmarks test test-full promises corpus mutants check secrets format lock sbom clean

help: ## Show what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: .venv/ready ## Run the whole pipeline on FICTITIOUS demo data, in the folder demo-run
	@bash demo/run.sh $(CURDIR)/$(BIN)/zicht demo-run

test: .venv/ready ## Run the tests that need nothing but this environment
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not full"

# What the full tests need beside Python: Debian packages, each found by a command or a file of its own. Liberation has the
# widths of Arial, for which charts are drawn.
DEBIAN := chromium:chromium soffice:libreoffice-calc pdftotext:poppler-utils npm:npm ip:iproute2 strace:strace faketime:faketime \
  java:openjdk-17-jre-headless \
  /usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf:fonts-liberation
MISSING = $(strip $(foreach need,$(DEBIAN),$(shell command -v $(firstword $(subst :, ,$(need))) >/dev/null || test -e $(firstword $(subst :, ,$(need))) || echo $(lastword $(subst :, ,$(need))))))

.venv/full: .venv/ready requirements-full.lock
	@test -z "$(MISSING)" || { echo "Installing Debian's $(MISSING)"; apt-get update --quiet=2 && apt-get install --quiet=2 --yes --no-install-recommends $(MISSING) >/dev/null; } \
	  || { echo "make test-full needs, as root: apt-get install $(MISSING)"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-full.lock
	npm install --silent --no-fund --no-audit --prefix .venv/axe axe-core@4.14.1
	@touch $@

test-full: .venv/full check ## Run the checks and the tests that need more time, a browser or a Prefect server
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 20 -m full

benchmarks: .venv/ready ## Measure zicht beside its baselines and write benchmarks/README.md (over an hour; SIZES="20000 1000000" for some)
	$(BIN)/python -m benchmarks.measure $(SIZES)

promises: .venv/full ## Run every test that proves a promise, to its full length, and write docs/promises.md
	ZICHT_PROMISES=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --junitxml=.venv/promises.xml $$($(BIN)/python docs/make_promises.py)
	$(BIN)/python docs/make_promises.py .venv/promises.xml

check: .venv/ready secrets ## Check format, lint, types, SQL and seeds, and that no secret is in the files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --nocolor dbt_project
	$(BIN)/python -m connectors.codelists.seeds

# Locks hold nothing but names and hashes. --no-verify: what looks like a secret is not sent anywhere to try it.
secrets: .venv/ready ## Look for secrets in all files that are, or could be, committed
	@git ls-files -z --cached --others --exclude-standard -- ':!*.lock' | xargs -0 $(BIN)/detect-secrets-hook --no-verify

corpus: .venv/ready ## Read thousands of mutated workbooks and compare with what is true of each
	cd tests && ../$(BIN)/python -W ignore -m rigs.corpus

mutants: .venv/full ## Measure how many small changes of the rules the unit tests notice (hours; MODULES=... for some)
	$(BIN)/python tests/rigs/mutation/mutants.py $(MODULES)

format: .venv/ready ## Put Python and SQL in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet --upgrade

lock: .venv/ready ## Resolve the ranges of pyproject.toml into the lock files
	$(COMPILE) --extra dev -o requirements.lock
	cp requirements.lock requirements-full.lock
	$(subst --upgrade,,$(COMPILE)) --extra dev --extra full -o requirements-full.lock
	@$(MAKE) sbom

sbom: .venv/ready ## Write docs/sbom.json, the list of what is installed (CycloneDX), from requirements.lock
	$(BIN)/python docs/make_sbom.py

clean: ## Remove the environment, the demo and all caches
	rm -rf .venv demo-run mutants .pytest_cache .ruff_cache .mypy_cache .hypothesis *.egg-info dbt_project/target
	find . -name __pycache__ -prune -exec rm -rf {} +
