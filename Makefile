# Everything a developer or the CI runs. Targets bootstrap their own virtual environment:
# git, make and Python are all that has to be there.

PYTHON ?= python3
WORKERS ?= 4

VENV := .venv
BIN := $(VENV)/bin
CODE := src tests tools docs/conf.py proofs $(wildcard benchmarks)
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links --constraints requirements/limits.in $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test fast prove check fix bench guard wrk docs clean distclean lock upgrade

help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: started_at := $(shell date +%s)
run: $(VENV)/.core ## start the demo: everything, a small world, and leads to watch
	@exec $(BIN)/leadflow demo --started-at $(started_at)

test: $(VENV)/.core $(VENV)/.otel $(VENV)/.test ## run every test in parallel, with coverage
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=$(WORKERS) --dist=loadgroup --cov --cov-report=
	$(BIN)/python -m coverage report --skip-covered
	$(BIN)/python -m coverage report --include='src/leadflow/core/*' --skip-covered --fail-under=100

fast: $(VENV)/.core $(VENV)/.test ## run the tests of the core only: no database, a few seconds
	$(BIN)/python -m pytest -p no:schemathesis tests/core  # loading it takes longer than these tests

prove: $(VENV)/.core $(VENV)/.otel $(VENV)/.test ## prove under crashes that ownership is exact; longer with LONG=1
	$(BIN)/python -m proofs $(if $(LONG),--long)

check: $(VENV)/.core $(VENV)/.otel $(VENV)/.test $(VENV)/.lint ## lint, format, types, architecture, lock files
	$(BIN)/python tools/locks.py check
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy $(CODE)

fix: $(VENV)/.lint ## repair what ruff can repair, and format
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: $(VENV)/.core $(VENV)/.otel $(VENV)/.test ## run the benchmarks, each beside its floor; into build/, too
	mkdir -p build
	$(BIN)/leadflow bench --out build/bench.json --picture build/bench.svg
	$(BIN)/python -m benchmarks stages
	$(BIN)/python -m benchmarks rules
	$(BIN)/python -m benchmarks workers

guard: $(VENV)/.core ## see that leadflow has not fallen behind the bare prototype
	$(BIN)/leadflow bench guard

wrk: ## install wrk, which drives the benchmarks where it is there; on Debian, as root
	apt-get install --yes --no-install-recommends wrk

docs: $(VENV)/.core $(VENV)/.docs ## build the documentation into site/
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs site

clean: ## remove build outputs, caches and the demo's state
	rm -rf build dist site .leadflow .coverage .coverage.* htmlcov .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache
	find src tests tools proofs -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## remove the virtual environment as well
	rm -rf $(VENV)

lock: $(VENV)/.uv ## write the lock files again, keeping versions that still fit
	$(COMPILE) --group uv --output-file requirements/uv.txt
	$(COMPILE) pyproject.toml --output-file requirements/core.txt
	$(COMPILE) pyproject.toml --extra otel --constraints requirements/core.txt --output-file requirements/otel.txt
	$(COMPILE) --group test --constraints requirements/otel.txt --output-file requirements/test.txt
	$(COMPILE) --group lint --constraints requirements/otel.txt --constraints requirements/test.txt \
		--output-file requirements/lint.txt
	$(COMPILE) --group docs --constraints requirements/otel.txt --constraints requirements/test.txt \
		--constraints requirements/lint.txt --output-file requirements/docs.txt
	$(BIN)/python tools/locks.py record

upgrade: ## write the lock files again, with the newest versions
	$(MAKE) lock UPGRADE=1

# Each stamp says that one set of requirements is installed: a second run costs nothing.

$(VENV)/.uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "leadflow needs Python 3.11 or newer, and $(PYTHON) is not: try make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/.core: requirements/core.txt pyproject.toml $(VENV)/.uv
	$(INSTALL) --require-hashes -r $<
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.%: requirements/%.txt $(VENV)/.uv
	$(INSTALL) --require-hashes -r $<
	@touch $@
