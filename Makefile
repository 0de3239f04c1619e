# `make` lists the targets. Each target sets up what it needs, but only once: a stamp file that is newer than the lock
# file shows that the lock file is installed.
#
# The server reads DATABASE_URL, REDIS_URL, HOST and PORT from the environment or from make's command line.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run demo pair services test test-everything fuzz soak audit coverage bench check lint types sdl contract site schema migration ide looks lock clean graphiql peers clients

PYTHON ?= python3
BIN := .venv/bin
# There is one process more than there are processors, because tests also wait.
PYTEST = $(BIN)/python -m pytest --numprocesses $$($(BIN)/python -c 'import os; print(1 + os.cpu_count())') --dist worksteal
# A terminal shows that something goes on, and for how long it has.
WAITING := sh .ci/waiting.sh
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

run demo pair services sdl schema migration: export ENFILADE_DEV ?= true
# Tests start many processes. These start faster if Python may store compiled modules, so this variable is cleared.
test test-everything fuzz coverage: export PYTHONDONTWRITEBYTECODE :=
demo pair services bench: export PYTHONPATH := .

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/run ## Set up what is missing, then serve on http://127.0.0.1:8000 (PORT, DATABASE_URL, REDIS_URL)
	@$(MAKE) --silent graphiql || echo 'GraphiQL could not be built, see above. The API works without it.'
	@$(BIN)/python -m server run --prepare

demo: ## Play a webinar, a meeting and a review on the server that `make run` started in another terminal
	@test -e .venv/run || { echo 'Start `make run` first, in another terminal.'; exit 1; }
	@$(BIN)/python examples/demo.py

pair: .venv/dev graphiql ## Serve from two processes on PostgreSQL and Valkey
	@$(BIN)/python examples/pair.py

services: .venv/dev ## Start a new PostgreSQL and Valkey, to try a deployment with (Ctrl-C deletes them)
	@$(BIN)/python examples/pair.py --without-servers

test: .venv/dev graphiql ## Run the tests on SQLite, those about the database also on PostgreSQL
	@$(PYTEST) -m 'not second_tier and not attacks'

# What is tested once more without compiled queries and shared deliveries.
ABOUT_GRAPHQL := tests/schema tests/streams tests/conversations tests/stage tests/media

test-everything: .venv/dev graphiql clients ## Run the other tests on PostgreSQL as well, those that take long, some without the fast paths, and attacks
	@$(PYTEST) -m second_tier
	@ENFILADE_FAST_PATHS=false $(PYTEST) -m 'not second_tier and not fast_paths' $(ABOUT_GRAPHQL)
	@$(BIN)/python -m pytest -m attacks

fuzz: .venv/dev ## Attack a server with many more generated inputs than `make test` does (three minutes)
	@$(PYTEST) --hypothesis-profile=in-depth $(FUZZED)

FUZZED := tests/attacks/test_http.py tests/attacks/test_sockets.py tests/attacks/test_readers.py

soak: .venv/dev ## Break real servers for minutes, and check that no delivery is lost: make soak SECONDS=600 SEED=1 (PROFILE=sqlite)
	@$(BIN)/python -m tests.soak $(if $(PROFILE),--profile $(PROFILE)) $(if $(SECONDS),--seconds $(SECONDS)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(FOLDER),--folder $(FOLDER))

audit: .venv/dev ## Look for known vulnerabilities of the pinned packages, where an advisory source answers
	@$(BIN)/python .ci/audit.py

coverage: .venv/dev graphiql ## Run `make test` with branch coverage, which must not fall below pyproject.toml's threshold
	@$(PYTEST) -m 'not second_tier and not attacks' --cov --cov-report=term

bench: .venv/bench peers ## Measure everything beside the best of others, bench/README.md (QUICK=1, PARTS="fanout page", WRITE=1)
	@$(BIN)/python -m bench $(if $(QUICK),--quick) $(if $(WRITE),--write) $(PARTS)

check: lint types sdl ## Check style, imports, types and that schema/schema.graphql is up to date

sdl: .venv/run ## Check that schema/schema.graphql is up to date
	@$(BIN)/python -m server schema | diff -u schema/schema.graphql - \
	  || { echo 'schema/schema.graphql is not up to date: run `make schema`.'; exit 1; }

contract: clients ## Lint the SDL, and compare it with that of the last release (needs Node.js)
	@examples/clients/node_modules/.bin/eslint --no-config-lookup --config .ci/schema_lint.config.mjs schema/schema.graphql
	@node .ci/schema_diff.mjs

site: .venv/docs ## Write the documentation as a site to var/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

lint: .venv/dev ## Check style and imports
	@$(BIN)/python -m ruff check
	@$(BIN)/python -m ruff format --check
	@$(BIN)/lint-imports

types: .venv/dev ## Check types
	@$(BIN)/python -m mypy
	@$(BIN)/python -m mypy examples
	@$(BIN)/python -m basedpyright

schema: .venv/run ## Write schema/schema.graphql
	@text="$$($(BIN)/python -m server schema)" && printf '%s\n' "$$text" > schema/schema.graphql

# The migration contains the difference between the tables in the code and an empty database with all present
# migrations.
migration: export DATABASE_URL = sqlite:///var/migration.db
migration: .venv/dev ## Write a migration: make migration NUMBER=0002 MESSAGE="What it does"
	@test -n "$$NUMBER" -a -n "$$MESSAGE" || { echo 'make migration NUMBER=0002 MESSAGE="What it does"'; exit 2; }
	@mkdir -p var
	@rm -f var/migration.db
	@$(BIN)/python -m server migrate
	@$(BIN)/python -m server revision "$$NUMBER" "$$MESSAGE"
	@$(BIN)/python -m ruff format --quiet models/database/migrations
	@rm -f var/migration.db

ide: ## Build GraphiQL (needs Node.js)
	@$(HAS_NODE) || { echo 'GraphiQL is built by Node.js $(NODE_VERSIONS).'; exit 1; }
	@$(MAKE) --silent $(GRAPHIQL)

looks: .venv/dev graphiql ## Take screenshots of GraphiQL to var/looks, and README's (needs Chromium)
	@$(BIN)/python -m pytest --quiet tests/http/test_browser_looks.py
	@cp var/looks/streams.png docs/figures/graphiql.png

lock: .venv/dev ## Pin the packages that pyproject.toml names (UPGRADE=--upgrade: the newest versions)
	$(PIN) --output-file requirements.lock pyproject.toml
	$(PIN) --extra dev --output-file requirements-dev.lock pyproject.toml
	$(PIN) --extra docs --constraint requirements-dev.lock --output-file requirements-docs.lock pyproject.toml
	$(PIN) --extra otel --constraint requirements-dev.lock --output-file requirements-otel.lock pyproject.toml
	$(PIN) --extra bench --constraint requirements-dev.lock --output-file requirements-bench.lock pyproject.toml

# A lock file contains no address of a package index, so it is the same on every machine.
PIN = $(BIN)/python -m piptools compile --quiet $(UPGRADE) --generate-hashes --strip-extras --allow-unsafe \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header

clean: ## Remove everything that was set up; the data in var/ stays
	rm -rf .venv ide/node_modules ide/dist bench/peers/node_modules examples/clients/node_modules

# ---------------------------------------------------------------------------------------------------- Python

# A virtualenv without a stamp file is incomplete, so it is created again.
.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Enfilade needs Python 3.11 or newer; PYTHON=/path/to/python3 names another.'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo 'This Python cannot make virtualenvs. On Debian: apt install python3-venv'; exit 1; }
	@$(WAITING) 'Making the virtualenv .venv' $(PYTHON) -m venv --clear .venv
	@touch $@

.venv/run: .venv/made requirements.lock
	@$(WAITING) 'Installing what requirements.lock pins' $(INSTALL) -r requirements.lock
	@touch $@

# The development lock file includes all pins of the other lock file.
.venv/dev: .venv/made requirements.lock requirements-dev.lock
	@$(WAITING) 'Installing what requirements-dev.lock pins' $(INSTALL) -r requirements-dev.lock
	@touch .venv/run $@

# Plots are drawn by matplotlib, which nothing else needs.
.venv/bench: .venv/dev requirements-bench.lock
	@$(WAITING) 'Installing what requirements-bench.lock pins' $(INSTALL) -r requirements-bench.lock
	@touch $@

.venv/docs: .venv/dev requirements-docs.lock
	@$(WAITING) 'Installing what requirements-docs.lock pins' $(INSTALL) -r requirements-docs.lock
	@touch $@

# ---------------------------------------------------------------------------------------------------- The peers

# Without Node.js, its peers are left out of the tables.
peers:
	@if $(HAS_NODE); then $(MAKE) --silent bench/peers/node_modules/.package-lock.json; \
	  else echo 'No mercurius and no graphql-yoga: they need Node.js $(NODE_VERSIONS).'; fi

bench/peers/node_modules/.package-lock.json: bench/peers/package-lock.json
	@$(WAITING) 'Installing what bench/peers/package-lock.json pins' sh -c 'cd bench/peers && npm ci --no-audit --no-fund --loglevel error'
	@touch $@

# ---------------------------------------------------------------------------------------------------- The clients

# Without Node.js, the tests of JavaScript's clients are skipped.
clients:
	@if $(HAS_NODE); then $(MAKE) --silent examples/clients/node_modules/.package-lock.json; \
	  else echo 'No clients in JavaScript: they need Node.js $(NODE_VERSIONS).'; fi

# `npm ci` empties the folder first, also behind a link, where it belongs to another checkout.
examples/clients/node_modules/.package-lock.json: examples/clients/package-lock.json
	@test ! -L examples/clients/node_modules || { echo 'examples/clients/node_modules is a link: install where it points.'; exit 1; }
	@$(WAITING) 'Installing what examples/clients/package-lock.json pins' sh -c 'cd examples/clients && npm ci --no-audit --no-fund --loglevel error'
	@touch $@

# ---------------------------------------------------------------------------------------------------- GraphiQL

GRAPHIQL := ide/dist/index.html
NODE_VERSIONS := 20.19 or newer (not 21, nor 22 before 22.12)
HAS_NODE = node -e '[a, b] = process.versions.node.split(".").map(Number); \
  process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null

# Without Node.js, the page at /ide/ shows a message, and browser tests are skipped.
graphiql:
	@if $(HAS_NODE); then $(MAKE) --silent $(GRAPHIQL); \
	  elif ! $(MAKE) --question $(GRAPHIQL); then echo 'No GraphiQL: it is built by Node.js $(NODE_VERSIONS).'; fi

$(GRAPHIQL): ide/node_modules/.package-lock.json ide/index.html ide/vite.config.js $(wildcard ide/src/*)
	@$(WAITING) 'Building GraphiQL' sh -c 'cd ide && npm run --silent build -- --logLevel warn'
	@touch $@

ide/node_modules/.package-lock.json: ide/package-lock.json
	@$(WAITING) 'Installing what ide/package-lock.json pins' sh -c 'cd ide && npm ci --no-audit --no-fund --loglevel error'
	@touch $@
