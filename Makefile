# The only commands to know: sandbox · run · test · check · bench (and lock, when a dependency changes).
# Each makes its own virtual environment first: Python 3.11 to 3.13 and make are all a fresh machine needs.

VENV   ?= .venv
CONFIG ?= config.toml
PYTHON ?= python3
JOBS   ?= 2
BIN    := $(VENV)/bin
LOCK   := requirements-dev.lock
STAMP  := $(VENV)/.installed-$(shell cat $(LOCK) 2>/dev/null | cksum | tr -d ' ')

# PYTHON if it is recent enough, else the newest one that is installed under its own name.
SUITABLE = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
INTERPRETER = $$(for python in "$(PYTHON)" python3.13 python3.12 python3.11; do \
	"$$python" -c '$(SUITABLE)' 2>/dev/null && { command -v "$$python"; break; }; done)

.PHONY: help venv sandbox run test check format bench lock

help:
	@echo 'make sandbox   see it work: a Discord, a Matrix and a FreeScout of its own, and the bot (ONCE=1 ends after the story)'
	@echo 'make run       run the bot with $(CONFIG) (CONFIG=FILE for another file)'
	@echo 'make test      run the tests (ARGS="-k triage" to choose, JOBS=1 for one at a time)'
	@echo 'make check     style, types and import contracts'
	@echo 'make bench     this bot beside a bare script of the same job'
	@echo 'make lock      refresh the lock files from pyproject.toml (UPGRADE=1 takes newer releases)'

venv: $(STAMP)

$(STAMP): $(LOCK)
	@python="$(INTERPRETER)"; \
	if [ -z "$$python" ]; then \
		echo 'Python 3.11, 3.12 or 3.13 is needed, and neither $(PYTHON) nor python3.13, python3.12 or python3.11 is one.' >&2; \
		echo 'Install one of them, or name it: make PYTHON=/path/to/python3.12 ...' >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		version=$$("$$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])'); \
		echo "$$python cannot make virtual environments. On Debian and Ubuntu: apt-get install $$version-venv" >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version) ..."; \
	if [ ! -x "$(BIN)/python" ] || ! "$(BIN)/python" -c '$(SUITABLE)' 2>/dev/null; then \
		"$$python" -m venv --clear "$(VENV)" || exit 1; \
	fi
	@rm -f $(VENV)/.installed-*
	@echo 'Installing what $(LOCK) lists (a minute or two the first time) ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

sandbox: venv
	@exec $(BIN)/python -m sandbox $(if $(filter-out 0,$(ONCE)),--once)

run: venv
	@exec $(BIN)/supportbot run --config $(CONFIG)

# Two files at a time: most of the time is spent waiting. Each worker has a Synapse and a PostgreSQL of its own.
test: venv
	@$(BIN)/python -m pytest tests -m 'not slow' -n $(JOBS) --dist loadfile $(ARGS)

check: venv
	@failed=0; for tool in 'ruff check' 'ruff format --check' mypy 'lint-imports --no-logo'; do \
		echo "== $$tool"; $(BIN)/$$tool || failed=1; \
	done; exit $$failed

format: venv
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: venv
	@exec $(BIN)/python -m tests.bench $(ARGS)

# One lock for every supported Python (markers), with hashes, wheels only, and no word about where they come from.
UV      = $(VENV)/.lock/bin/uv
COMPILE = $(UV) pip compile --quiet --no-config --universal --python-version 3.11 --only-binary :all: --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header $(if $(UPGRADE),--upgrade)

lock:
	@python="$(INTERPRETER)"; mkdir -p $(VENV); "$$python" -m venv $(VENV)/.lock
	@$(VENV)/.lock/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.7'
	@echo 'setuptools>=80' | $(COMPILE) - -o requirements-build.lock
	@$(COMPILE) pyproject.toml --extra postgres -o requirements.lock
	@$(COMPILE) pyproject.toml --extra postgres --extra dev -c requirements.lock -c requirements-build.lock -o $(LOCK)
	@! grep -nE '://|^-' requirements.lock requirements-build.lock $(LOCK)
	@wc -l requirements.lock requirements-build.lock $(LOCK)
