# `make` alone prints what there is. Every target sets up by itself what it needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

SYSTEM_PYTHON ?= python3
PYTHON := .venv/bin/python
KAFKA_JARS := .cache/kafka-jars
STAMPS := .cache/stamps

# Each stamp goes with the folder that it speaks of.
PYTHON_RUN := .venv/.run-stamp
PYTHON_DEV := .venv/.test-stamp
PYTHON_DEPLOY := .venv/.deploy-stamp
NODE := node_modules/.stamp
KAFKA := $(KAFKA_JARS)/.stamp

FRONT_END := $(shell find services shared \
	\( -path '*/static/*' -o -path '*/node_modules/*' \) -prune -o \
	\( -name '*.ts' -o -name '*.css' -o -name '*.mjs' -o -name '*.svg' \) -print)

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- set-up

.PHONY: setup
setup: $(STAMPS)/run ## Get everything that running needs (the other targets do this by themselves)

$(STAMPS)/run: $(PYTHON_RUN) $(STAMPS)/front-end $(KAFKA)
	@touch $@

$(STAMPS)/test: $(STAMPS)/run $(PYTHON_DEV) $(STAMPS)/debian-test $(STAMPS)/prometheus
	@touch $@

$(STAMPS)/deploy: $(STAMPS)/test $(PYTHON_DEPLOY) $(STAMPS)/go-tools $(STAMPS)/debian-deploy
	@touch $@

$(STAMPS)/debian-run: deploy/setup/debian_packages.sh
	@mkdir -p $(STAMPS)
	@deploy/setup/debian_packages.sh run
	@touch $@

$(STAMPS)/debian-test: deploy/setup/debian_packages.sh
	@mkdir -p $(STAMPS)
	@deploy/setup/debian_packages.sh test
	@touch $@

$(STAMPS)/debian-deploy: deploy/setup/debian_packages.sh deploy/setup/debian_binaries.sh
	@mkdir -p $(STAMPS)
	@deploy/setup/debian_packages.sh deploy
	@deploy/setup/debian_binaries.sh caddy
	@touch $@

$(STAMPS)/prometheus: deploy/setup/debian_binaries.sh
	@mkdir -p $(STAMPS)
	@deploy/setup/debian_binaries.sh prometheus prometheus-alertmanager
	@touch $@

$(STAMPS)/go-tools: deploy/setup/go_tools.sh $(PYTHON_DEPLOY)
	@deploy/setup/go_tools.sh
	@touch $@

$(STAMPS)/debian-bench: deploy/setup/debian_packages.sh
	@mkdir -p $(STAMPS)
	@deploy/setup/debian_packages.sh bench
	@touch $@

$(PYTHON_RUN): requirements.txt $(STAMPS)/debian-run
	@test -x $(PYTHON) || $(SYSTEM_PYTHON) -m venv .venv
	@echo "Python packages (requirements.txt) …"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(PYTHON_DEV): requirements-dev.txt $(PYTHON_RUN)
	@echo "Python packages for development (requirements-dev.txt) …"
	@# grafana-client brings urllib3-future, which takes urllib3's place unless it is told not to
	@# while it is built.
	@URLLIB3_NO_OVERRIDE=1 $(PYTHON) -m pip install --quiet --disable-pip-version-check \
		--no-binary urllib3-future --require-hashes -r requirements-dev.txt
	@touch $@

$(PYTHON_DEPLOY): requirements-deploy.txt $(PYTHON_DEV)
	@echo "Python packages for deployment (requirements-deploy.txt) …"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-deploy.txt
	@touch $@

$(NODE): package.json package-lock.json $(STAMPS)/debian-run
	@echo "Node packages (package-lock.json) …"
	@npm ci --no-fund --no-audit --loglevel=error >/dev/null
	@touch $@

$(STAMPS)/front-end: $(NODE) $(FRONT_END)
	@npm run --silent build
	@touch $@

# All that Maven writes elsewhere than into its log are codes that reset colours.
$(KAFKA): deploy/kafka/pom.xml $(STAMPS)/debian-run
	@echo "Kafka's jars (deploy/kafka/pom.xml) …"
	@rm -rf $(KAFKA_JARS)
	@mvn --quiet --batch-mode --log-file $(CURDIR)/.cache/maven.log -f deploy/kafka/pom.xml \
		dependency:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory=$(CURDIR)/$(KAFKA_JARS) \
		>/dev/null 2>&1 || { cat .cache/maven.log; exit 1; }
	@touch $@

# ---------------------------------------------------------------- run

.PHONY: run
run: $(STAMPS)/run ## Run everything on one port (ARVIO_HTTP__PORT, 8080 by default)
	@exec $(PYTHON) -m services

.PHONY: cluster
cluster: $(STAMPS)/run ## Run three brokers and several processes of each program (docs/cluster.md)
	@exec $(PYTHON) -m deploy.cluster

.PHONY: backup
backup: $(STAMPS)/run ## Back up all stores of a stopped stack (FILE=arvio.tar.gz)
	@exec $(PYTHON) -m deploy.backup create $(or $(FILE),$(error say FILE=arvio.tar.gz))

.PHONY: restore
restore: $(STAMPS)/run ## Bring all stores back (FILE=arvio.tar.gz; ARGS=--force replaces what is there)
	@exec $(PYTHON) -m deploy.backup restore $(ARGS) $(or $(FILE),$(error say FILE=arvio.tar.gz))

.PHONY: dashboards
dashboards: $(PYTHON_DEV) ## Write Grafana's dashboards to deploy/grafana/build/
	@$(PYTHON) -m deploy.grafana build

.PHONY: bench
bench: $(STAMPS)/test $(STAMPS)/debian-bench ## Measure, and print one table
	@exec $(PYTHON) -m tests.bench

# ---------------------------------------------------------------- check

# Most tests wait for something; each of the two has a broker and a stack of its own.
SIDE_BY_SIDE := --numprocesses=2 --dist=loadfile

.PHONY: test
test: $(STAMPS)/test ## Run all tests
	@$(PYTHON) -m pytest $(SIDE_BY_SIDE)

.PHONY: test-unit
test-unit: $(STAMPS)/test ## Run the tests that need no network
	@$(PYTHON) -m pytest $(SIDE_BY_SIDE) tests/unit tests/architecture tests/contract

.PHONY: test-integration
test-integration: $(STAMPS)/test ## Run the tests on a real broker and store
	@$(PYTHON) -m pytest $(SIDE_BY_SIDE) tests/integration

.PHONY: test-e2e
test-e2e: $(STAMPS)/test ## Run the tests of the whole stack
	@$(PYTHON) -m pytest $(SIDE_BY_SIDE) tests/e2e

.PHONY: test-deploy
test-deploy: $(STAMPS)/deploy ## Build image and chart, and run the tests of both and of a cluster
	@$(PYTHON) -m pytest tests/deploy

.PHONY: check
check: $(STAMPS)/test ## Format, lint, types, imports, architecture: what CI runs before the tests
	@.venv/bin/ruff format --check
	@.venv/bin/ruff check
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo 2>/dev/null || .venv/bin/lint-imports
	@npm run --silent check:types
	@$(PYTHON) -m pytest --quiet tests/architecture

.PHONY: format
format: $(PYTHON_DEV) ## Format the code
	@.venv/bin/ruff format
	@.venv/bin/ruff check --fix --exit-zero --quiet

.PHONY: schemas
schemas: $(STAMPS)/test ## Write what is made from the code: schemas, OpenAPI, AsyncAPI, metrics, .env.example
	@$(PYTHON) -m tests.contract.documents

# ---------------------------------------------------------------- housekeeping

.PHONY: lock
lock: $(PYTHON_DEV) ## Lock requirements*.in anew
	@deploy/setup/lock.sh

.PHONY: clean
clean: ## Remove what set-up and tools have made; var/ stays
	@rm -rf .venv node_modules .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
