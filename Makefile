# The ways to set up, try, test and measure Penstock. Each target makes the environment it needs from the lock file.
.PHONY: demo test bench lint lock clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# pip must neither phone home for its own version nor mind being root in a container.
PIP := $(BIN)/pip --disable-pip-version-check --quiet

# The two stamps let `make demo` install only what running needs; `make test` adds the tools of development.
$(VENV)/runtime: requirements.lock pyproject.toml
	@echo "Setting up the environment (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/development: requirements-dev.lock $(VENV)/runtime
	@echo "Adding the development tools (once) ..."
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

demo: $(VENV)/runtime
	@$(BIN)/penstock demo

lint: $(VENV)/development
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

lock:
	uv pip compile --universal --generate-hashes --no-annotate --no-header --quiet --extra build pyproject.toml --output-file requirements.lock
	uv pip compile --universal --generate-hashes --no-annotate --no-header --quiet --extra build --extra dev pyproject.toml --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
