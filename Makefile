# The ways to set up, try, test and measure Penstock. Each target makes the environment it needs from the lock file.
.PHONY: demo test lint bench docs lock clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# pip must neither phone home for its own version nor mind being root in a container.
PIP := $(BIN)/pip --disable-pip-version-check --quiet

# What pip installs is compiled afterwards, by as many processes as there are cores; a few files of others' are for other Pythons.
INSTALL := $(PIP) install --no-compile
COMPILE := $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true

# The two stamps let `make demo` install only what running needs; `make test` adds the tools of development.
$(VENV)/runtime: requirements.lock pyproject.toml
	@echo "Setting up the environment (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --require-hashes --requirement requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@$(COMPILE)
	@touch $@

$(VENV)/development: requirements-dev.lock $(VENV)/runtime
	@echo "Adding the development tools (once) ..."
	@$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@$(COMPILE)
	@touch $@

demo: $(VENV)/runtime
	@$(BIN)/penstock demo

# A file's tests stay in one process, so that what is expensive to set up is set up once. Three keep two cores busy: tests wait for a quarter
# of their time. Their bytecode is kept, whatever else is:
# without it each process takes twice as long to read them all.
# `make test TESTS=tests/stories` tells some alone.
test: $(VENV)/development
	@tests/needs.sh
	@PYTHONDONTWRITEBYTECODE= TMPDIR="$$(tests/scratch.sh)" $(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --quiet $(TESTS)
	@$(MAKE) --no-print-directory lint

lint: $(VENV)/development
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# Ratios against floors measured on the same machine; not part of the tests, which must not depend on how busy it is.
bench: $(VENV)/development
	@$(BIN)/python -m tests.bench

# What the documentation shows of the code: tables, diagrams and pictures.
docs: $(VENV)/development
	@$(BIN)/python -m tests.project.documents
	@$(BIN)/python -m tests.project.screenshots

lock:
	uv pip compile --universal --generate-hashes --no-annotate --no-header --quiet --extra build pyproject.toml --output-file requirements.lock
	uv pip compile --universal --generate-hashes --no-annotate --no-header --quiet --extra build --extra dev --extra kubernetes pyproject.toml --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
