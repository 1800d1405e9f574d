# Everything that is done from a checkout. Needs make and Python 3.11 or newer; the rest comes into .venv.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
# More arguments for the program behind a target: make test ARGS="-k sciatica", make lock ARGS=--upgrade
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input --quiet
PACKAGES := rules cards cds_service

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check format coverage bench picture lock clean

help:
	@echo "make run       start the service on http://$(HOST):$(PORT) (another port: make run PORT=9000)"
	@echo "make test      the tests that need only Python (some of them: make test ARGS='-k sciatica')"
	@echo "make check     style, types, the direction of imports, the Dockerfile, printed pages up to date"
	@echo "make format    rewrite the code in the project's style"
	@echo "make coverage  the tests again, demanding every branch of rules/ and cards/"
	@echo "make bench     how fast it is, as ratios to what nobody can beat (quick: make bench ARGS=--quick)"
	@echo "make picture   take the pictures of cards in docs/images anew (needs Chromium, node and pngquant)"
	@echo "make lock      pin the dependencies anew after a change of pyproject.toml (newest: make lock ARGS=--upgrade)"
	@echo "make clean     remove .venv and everything that the tools made"

run: $(VENV)/runtime.stamp
	@exec $(PY) -m cds_service serve --host $(HOST) --port $(PORT) $(ARGS)

test: $(VENV)/dev.stamp
	$(PY) -m pytest -n auto $(ARGS)

check: $(VENV)/dev.stamp
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy --strict $(PACKAGES) benchmarks
	$(PY) -m pip check
	$(PY) -m pytest -q tests/architecture tests/rule_library/test_statements.py
	$(PY) -m pytest -q -m current
	$(PY) -m cds_service rules check rules
	$(VENV)/bin/hadolint Dockerfile

format: $(VENV)/dev.stamp
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# The tests that are about rules and cards themselves; those of the whole service would only take longer.
COVERING := tests/unit tests/language tests/golden tests/rule_library tests/properties/test_firing.py

coverage: $(VENV)/dev.stamp
	$(PY) -m pytest -n auto --cov --cov-report=term $(COVERING) $(ARGS)

picture: $(VENV)/dev.stamp
	npm --prefix tests/browser ci --ignore-scripts --no-audit --no-fund --loglevel=error
	$(PY) -m tests.browser.picture

bench: $(VENV)/dev.stamp
	@$(PY) -m benchmarks $(ARGS)

# The lock files hold for every platform and every Python from 3.11 on, and name no package index. The
# smaller ones are constrained by the largest, so a package has one version in all three. Extras are kept:
# without them older pips take "coverage[toml]" for a package that is not pinned.
COMPILE = $(PY) -m uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock" --quiet

lock: $(VENV)/dev.stamp
	$(COMPILE) pyproject.toml --group dev --all-extras --output-file requirements-dev.lock $(ARGS)
	$(COMPILE) pyproject.toml --all-extras --constraint requirements-dev.lock --output-file requirements.lock $(ARGS)
	$(COMPILE) --group build --constraint requirements-dev.lock --output-file requirements-build.lock $(ARGS)

clean:
	rm -rf $(VENV) dist .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
		"Python 3.11 or newer is needed; this is %d.%d. Name another: make PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

# A stamp is newer than the lock files it was installed from, so nothing is installed twice. The packages
# themselves are linked into the environment, not copied: an edit takes effect at the next start.
$(VENV)/runtime.stamp: requirements.lock requirements-build.lock pyproject.toml | $(PY)
	$(PIP) install --require-hashes -r requirements.lock -r requirements-build.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock pyproject.toml | $(PY)
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(VENV)/runtime.stamp $@
