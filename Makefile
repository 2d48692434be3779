# Everything here needs python3 (3.11 or newer) and make, and no environment variable.
# `make` alone lists the commands.

PYTHON ?= python3
PORT ?= 8000
export PORT

VENV := $(PYTHON) cs_platform/embedded/virtualenv.py
RUN := .venv/bin/python
EMBEDDED := $(RUN) -m cs_platform.embedded

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-test demo test check lint messages stop clean lock

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile

setup:  ## make .venv and install what runs
	@$(VENV) runtime

setup-test:
	@$(VENV) test

demo:  ## start everything with demo data: PORT=8000 chooses the port, Ctrl-C ends it
	@$(VENV) runtime --label '[1/6] Virtual environment'
	@exec $(EMBEDDED).demo

test: setup-test  ## run all tests
	$(RUN) tests/sdk/install.py
	$(RUN) -m pytest -n 2 --dist worksteal -m 'not serial'
	$(RUN) -m pytest -m serial

check: lint test  ## what CI runs: linters, contracts, types, migrations, deployment checks, tests

lint: setup-test
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -c 'from importlinter.cli import lint_imports_command as main; main()'
	$(RUN) -m djlint templates --lint --quiet
	$(EMBEDDED) run $(RUN) -m mypy
	$(RUN) manage.py makemigrations --check --dry-run
	$(RUN) manage.py migrate --verbosity 0
	BASE_URL=https://setia.example.com ALLOWED_HOSTS=setia.example.com TRUST_PROXY=true LOG_FORMAT=json \
		$(RUN) manage.py check --deploy --fail-level WARNING --database default

messages: setup  ## collect the words of the source for the translators, and compile what they wrote
	$(RUN) manage.py messages

stop: $(if $(wildcard var/servers.json),setup)  ## stop the demo and the embedded servers
	@if [ -x $(RUN) ]; then $(EMBEDDED) stop; else echo 'Nothing was running.'; fi

clean: $(if $(wildcard var/servers.json),setup)  ## stop everything, then delete var/ and .venv/
	@if [ -x $(RUN) ]; then $(EMBEDDED) remove; fi
	rm -rf var .venv .venv.lock

lock: setup  ## resolve requirements/*.in anew, with hashes
	$(RUN) -m venv var/lock
	var/lock/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	cd requirements && for set in runtime test; do \
		../var/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
			--no-annotate $$set.in --output-file $$set.txt || exit 1; done
