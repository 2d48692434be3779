# Everything here needs python3 (3.11 or newer) and make, and no environment variable.
# `make` alone lists the commands.

PYTHON ?= python3
PORT ?= 8000
export PORT

VENV := $(PYTHON) cs_platform/embedded/virtualenv.py
RUN := .venv/bin/python
EMBEDDED := $(RUN) -m cs_platform.embedded

.DEFAULT_GOAL := help
ifndef BESIDE
.NOTPARALLEL:
endif
.PHONY: help setup setup-test demo test check suite serial beside-lint sdks lint schema messages stop clean lock

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile

setup:  ## make .venv and install what runs
	@$(VENV) runtime

setup-test:
	@$(VENV) test

demo:  ## start everything with demo data: PORT=8000 chooses the port, Ctrl-C ends it
	@$(VENV) runtime --label '[1/6] Virtual environment'
	@exec $(EMBEDDED).demo

test: sdks serial suite  ## run all tests

# Linters take one core, and so do the tests that run alone: they go beside each other.
check: setup-test  ## what CI runs: linters, contracts, types, migrations, deployment checks, tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync BESIDE=yes lint beside-lint
	@$(MAKE) --no-print-directory suite

beside-lint: setup-test
	@$(MAKE) --no-print-directory BESIDE= schema sdks serial

suite: setup-test
	$(RUN) -m pytest -n 2 --dist worksteal -m 'not serial'

serial: setup-test
	$(RUN) -m pytest -m serial

sdks: setup-test
	$(RUN) tests/sdk/install.py

lint: setup-test
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(EMBEDDED) run $(RUN) -m mypy
	$(RUN) -c 'from importlinter.cli import lint_imports_command as main; main()'
	$(RUN) -m djlint templates --lint --quiet

schema: setup-test
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
