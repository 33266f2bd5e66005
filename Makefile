# The manual of this repository: `make demo` and `make test` work on a fresh machine with Python 3.11+ alone.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock
TESTS := $(BIN)/python -m pytest -n 2 --dist loadgroup

.PHONY: demo test test-all check bench serve lock screenshots golden clean help

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

.venv/.runtime: pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) -e .
	touch $@

.venv/.dev: .venv/.runtime
	$(PIP) -e '.[dev]'
	touch $@

demo: .venv/.runtime ## portals to rows in Postgres, on this machine alone
	$(BIN)/newstape demo

serve: .venv/.runtime ## Postgres, Prefect with UI, schedules, worker
	$(BIN)/newstape serve

test: .venv/.dev ## the tests but for those that wait for minutes; what needs a Debian package is skipped where it is missing
	$(TESTS) -m "not long"

test-all: .venv/.dev ## all tests, and a skip is a failure (NEWSTAPE_REQUIRE_ALL=1)
	NEWSTAPE_REQUIRE_ALL=1 $(TESTS)

check: .venv/.dev ## style, types, import contracts, pins, generated documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_pins.py
	$(BIN)/python scripts/write_docs.py --check

bench: .venv/.dev ## the benchmarks, small; CORPUS=DIR: extraction on a folder of gold pairs; see bench/README.md
ifdef CORPUS
	$(BIN)/python bench/extract_corpus.py $(CORPUS)
else
	$(BIN)/python bench/end_to_end.py --quick
	$(BIN)/python bench/orchestration.py --quick
	$(BIN)/python bench/memory.py --quick
	$(BIN)/python bench/fields.py
endif

screenshots: .venv/.dev ## the pictures of docs/operators.md, taken from the UI; needs chromium
	NEWSTAPE_SCREENSHOTS=1 NEWSTAPE_REQUIRE_ALL=1 $(TESTS) tests/test_browser.py

golden: .venv/.dev ## rewrite the expected files of the data-driven tests; read the diff
	NEWSTAPE_GOLDEN=1 $(TESTS) -k golden
	git --no-pager diff --stat -- tests/data

lock: .venv/.dev ## write requirements.lock from what is installed
	$(BIN)/python scripts/lock.py

clean: ## remove what was built here; data in NEWSTAPE_HOME stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
