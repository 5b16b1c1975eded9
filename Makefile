# alma-webhooks: `make help` lists the targets. Each installs what it needs into .venv first.

PYTHON ?= python3
PORT ?= 4566
ARGS ?=
EVENTS ?= 1000
SEED ?= 1
COUNT ?= 1000000
STAGE ?=
REGION ?=
DOMAIN ?=
CERTIFICATE ?=
PROJECT ?=
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SCAN := .venv-scan
SCANNERS := $(SCAN)/.installed
DOCS := .venv-docs
SPHINX := $(DOCS)/.installed
TEMPLATES := build/templates
SIMULATOR := infra/iam/node_modules/.installed

.DEFAULT_GOAL := help
.PHONY: help install run console send simulate test test-unit test-full test-browser test-integration aws-acceptance soak bench scaling fuzz interleavings mutants check lint scan audit iam docs recording screenshots package wheel deploy destroy update

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{ \
	    line = sprintf("  make %-16s", $$1); \
	    count = split($$2, words, " "); \
	    for (i = 1; i <= count; i++) { \
	        if (length(line) + length(words[i]) > 79) { print line; line = sprintf("%23s", "") } \
	        line = line " " words[i] } \
	    print line }'

install: $(INSTALLED) ## Install everything into .venv.

$(INSTALLED): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: install it, or name it with make PYTHON=python3.13 …" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is needed (Debian and Ubuntu: apt install python3-venv)." >&2; exit 2; }
	@echo "Installing into $(VENV); this takes about a minute."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: $(INSTALLED) ## Run the whole pipeline on this computer: PROJECT=FOLDER PORT=4566 ARGS="--once --parameter=NAME=VALUE", or --no-samples, --endpoint-url=URL
	@$(BIN)/alma-webhooks run $(if $(PROJECT),--project '$(PROJECT)') $(if $(PORT),--port '$(PORT)') $(ARGS)

console: $(INSTALLED) ## Open the operator's console in a browser: STAGE=dev|stg|prod REGION=… ARGS="--read-only --endpoint-url=URL"
	@$(BIN)/alma-webhooks console $(if $(STAGE),--stage '$(STAGE)') $(if $(REGION),--region '$(REGION)') $(ARGS)

send: $(INSTALLED) ## Sign and post an event: FILE=a file or a sample's name, URL=the webhook URL
	@test -n '$(value FILE)' || { echo 'No event to send: make send FILE=a file or a sample URL=…' >&2; exit 2; }
	@$(BIN)/alma-webhooks send '$(value FILE)' $(if $(value URL),'$(value URL)') $(ARGS)

simulate: $(INSTALLED) ## Simulate Alma with many events and its retries: URL=the webhook URL ARGS="--events=1000 --rate=max --duplicates=0.05"
	@test -n '$(value URL)' || { echo 'No webhook URL: make simulate URL=… ARGS="--events=1000"' >&2; exit 2; }
	@$(BIN)/alma-webhooks simulate '$(value URL)' $(ARGS)

# Distributed by file, because the tests of a file share one stack; tests/distribution.py decides the order, so that one process
# computes while the others wait. Bytecode is kept, also where the environment forbids it: without it, compiling the tests and
# their assertions takes longer than collecting them.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: $(INSTALLED) ## Run all tests but the slowest ones: ARGS="-k routes" selects some.
	FUZZ_PROFILE=quick $(PYTEST) -m 'not full' $(if $(ARGS),,--cpu-budget) $(ARGS)

test-unit: $(INSTALLED) ## Run the unit tests of the Lambdas, templates and commands, without an emulator.
	$(PYTEST) -m 'not full' tests/infra tests/ingest tests/notifications tests/processor tests/scripts $(ARGS)

# A machine that cannot have Chromium runs all other tests; those in the browser fail with the same sentence.
test-full: $(INSTALLED) ## Run all tests, as CI does: WORKERS=2; CI has 3
	-@$(BIN)/python -m tests.browser.chromium
	$(PYTEST) $(ARGS)

test-browser: $(INSTALLED) ## Drive the console in Chromium against the emulator (Debian's is installed if there is none): ARGS="-k keyboard"
	@$(BIN)/python -m tests.browser.chromium
	$(PYTEST) tests/browser $(ARGS)

# It posts invented events, so the stage prod needs ARGS=--confirm-prod too.
test-integration: $(INSTALLED) ## Run the end-to-end tests on a deployed stack: STAGE=dev|stg|prod REGION=… ARGS="--endpoint-url=URL -k events"
	@test -n '$(STAGE)' || { echo 'No stage: make test-integration STAGE=dev|stg|prod REGION=…' >&2; exit 2; }
	@$(BIN)/python -m pytest tests/end_to_end --stage '$(STAGE)' $(if $(REGION),--region '$(REGION)') $(ARGS)

aws-acceptance: $(INSTALLED) ## Show in your account what the emulator cannot: deploy, test, delete, report (an hour or two, 5 USD): STAGE=dev|stg REGION=… DOMAIN=… CERTIFICATE=ARN, or ARGS=--emulator
	@test -n '$(STAGE)' || { echo 'No stage: make aws-acceptance STAGE=dev|stg REGION=…' >&2; exit 2; }
	@$(BIN)/python -m tests.acceptance --stage '$(STAGE)' $(if $(REGION),--region '$(REGION)') $(if $(DOMAIN),--domain '$(DOMAIN)') $(if $(CERTIFICATE),--certificate '$(CERTIFICATE)') $(ARGS)

fuzz: $(INSTALLED) ## Fuzz all input from outside with 5,000 random examples each (twenty minutes): ARGS="-k routes" selects some.
	FUZZ_PROFILE=thorough $(BIN)/python -m pytest -p no:logging tests/fuzz $(ARGS)

soak: $(INSTALLED) ## Soak test: run the pipeline under injected faults and check every guarantee: EVENTS=1000 SEED=1
	@$(BIN)/alma-webhooks soak --events '$(EVENTS)' --seed '$(SEED)' $(ARGS)

interleavings: $(INSTALLED) ## Run the delivery protocol in a million orders of its calls, with faults (half an hour): COUNT=1000000 SEED=1; COUNT=1 prints the trace
	@$(BIN)/python -m tests.interleavings --count '$(COUNT)' --seed '$(SEED)' --workers '$(WORKERS)'

# Not part of check, because times must not fail a build.
bench: $(INSTALLED) ## Benchmark ingest and the processor beside other implementations (about twenty minutes): ARGS="--only=ingest --peer=mine:handle"
	@$(BIN)/python -m benchmarks $(ARGS)

# Not part of check either: a test compares the page with the stored results, and simulates the quickest of them again.
scaling: $(INSTALLED) ## Simulate bursts, rates, an outage and a replay on AWS, and write docs/scaling.md's tables and pictures (two minutes): ARGS=--stored
	@$(BIN)/python -m benchmarks.capacity $(ARGS)

# Always from scratch: mutmut notices changes of the source, but not of the tests.
mutants: $(INSTALLED) ## Run mutation tests: do the tests notice small changes of the code? (eight minutes): ARGS="ingest.signature*" selects some.
	@rm -rf mutants
	@set -f; $(BIN)/mutmut run $(ARGS) && $(BIN)/python -m scripts.devtools.mutants $(ARGS)

check: lint scan test-full ## Run every check and all tests.

# False positives of detect-secrets, each with its reason; single lines have theirs after the pragma.
NO_SECRETS := --exclude-lines='--hash=sha256:[0-9a-f]{64}' # digests of pinned packages
NO_SECRETS += --exclude-lines='"integrity": "sha512-' # digests of pinned packages, npm's
NO_SECRETS += --exclude-files='^scripts/deploy/authorities.py$$' # digests of certificates that AWS publishes
NO_SECRETS += --exclude-files='^tests/golden/' # invented messages, in JSON, which takes no pragma
NO_SECRETS += --exclude-lines='exlibris/pod/POD_ALMA_EXPORT_' # the prefix of a sample's file
# Tests are full of invented texts after the word "secret". The other detectors still find there what has the form or the
# entropy of a real secret.
INVENTED := --disable-plugin KeywordDetector

lint: $(INSTALLED) ## Check style, types, the templates and the routes, and look for secrets in all files.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cfn-lint infra/cloudformation/*.yaml examples/export-transform/transform.yaml examples/loan-cache/cache.yaml
	$(BIN)/alma-webhooks routes check
	git ls-files -z -- ':!tests' | xargs -0 $(BIN)/detect-secrets-hook --no-verify $(NO_SECRETS)
	git ls-files -z -- tests | xargs -0 $(BIN)/detect-secrets-hook --no-verify $(NO_SECRETS) $(INVENTED)

# A virtual environment of its own: checkov pins a boto3 of 2024, which is too old for the emulator and the stubs.
$(SCANNERS): requirements/scan.txt $(INSTALLED)
	@test -x $(SCAN)/bin/python || $(BIN)/python -m venv --without-pip $(SCAN)
	@echo "Installing checkov into $(SCAN); this takes about half a minute."
	@$(BIN)/python -m scripts.deploy.installer $(SCAN)/bin/python requirements/scan.txt
	@touch $@

# Both scanners read the templates with expanded loops, because they cannot see what a loop creates.
scan: $(SCANNERS) ## Scan the templates with checkov (installed on first use).
	@$(BIN)/python -m scripts.deploy.expanded_example $(TEMPLATES)
	$(SCAN)/bin/checkov --config-file infra/audit/checkov.yaml --directory $(TEMPLATES)

# Not part of check, because it needs Node and its packages.
audit: scan ## Scan the templates with cdk-nag too; needs npm.
	@npm --version >/dev/null || { echo "npm is needed (it comes with Node 20 or newer)." >&2; exit 2; }
	npm ci --prefix infra/audit --no-audit --no-fund --loglevel=error
	node infra/audit/nag.js $(TEMPLATES)

# A folder of its own, without the 200 MB of cdk-nag.
$(SIMULATOR): infra/iam/package-lock.json
	@npm --version >/dev/null || { echo "npm is needed (it comes with Node 20 or newer)." >&2; exit 2; }
	npm ci --prefix infra/iam --prefer-offline --fetch-retries=0 --no-audit --no-fund --loglevel=error
	@touch $@

iam: $(INSTALLED) $(SIMULATOR) ## Simulate every recorded IAM request against the documented policies and the roles; needs npm.
	@mkdir -p build
	@$(BIN)/python -m tests.iam.simulation build/iam.json
	node infra/iam/simulate.mjs build/iam.json

# A virtual environment of its own, without .venv: its packages are needed for nothing else.
$(SPHINX): requirements/docs.txt
	@test -x $(DOCS)/bin/python || $(PYTHON) -m venv $(DOCS)
	@echo "Installing Sphinx into $(DOCS); this takes about twenty seconds."
	@$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/docs.txt
	@touch $@

docs: $(SPHINX) ## Build the documentation as a site in build/docs, and check its links (Sphinx is installed on first use).
	@$(DOCS)/bin/sphinx-build -q --fail-on-warning --keep-going -c docs -d build/doctrees . build/docs
	@echo build/docs/index.html

recording: $(INSTALLED) ## Record the session in the README on the emulator, as docs/terminal.svg.
	@$(BIN)/python -m scripts.devtools.recording.record docs/terminal.svg
	@echo docs/terminal.svg

screenshots: $(INSTALLED) ## Take the pictures of the console in docs/console, from invented events on the emulator.
	@$(BIN)/python -m tests.browser.chromium
	@$(BIN)/python -m tests.browser.screenshots docs/console

# Not part of check, because it downloads the wheels for Lambda's platform and needs a Python of Lambda's version.
package: $(INSTALLED) ## Build both functions' zips for Lambda into build/, and test that they are reproducible and complete.
	@$(BIN)/alma-webhooks package --target lambda $(ARGS)
	$(BIN)/python -m pytest tests/packages/zips_for_lambda.py

wheel: $(INSTALLED) ## Build the wheel of the project into dist/, to install the command without a checkout.
	@rm -f dist/*.whl
	@$(BIN)/python -m hatchling build -t wheel -d dist

# Both ask before they change anything; in CI, pass ARGS=--yes.
deploy: $(INSTALLED) ## Deploy the pipeline of a project: PROJECT=FOLDER STAGE=dev|stg|prod REGION=eu-central-1 ARGS="--dry-run --allow-removal=NAME"
	@test -n '$(STAGE)' || { echo 'No stage: make deploy PROJECT=FOLDER STAGE=dev|stg|prod' >&2; exit 2; }
	@$(BIN)/alma-webhooks deploy --stage '$(STAGE)' $(if $(PROJECT),--project '$(PROJECT)') $(if $(REGION),--region '$(REGION)') $(ARGS)

destroy: $(INSTALLED) ## Delete the pipeline except its queues, table and bucket: PROJECT=FOLDER STAGE=dev|stg|prod REGION=eu-central-1
	@test -n '$(STAGE)' || { echo 'No stage: make destroy PROJECT=FOLDER STAGE=dev|stg|prod' >&2; exit 2; }
	@$(BIN)/alma-webhooks destroy --stage '$(STAGE)' $(if $(PROJECT),--project '$(PROJECT)') $(if $(REGION),--region '$(REGION)') $(ARGS)

# The processor's own lists are compiled with the first as a constraint, so that the tested versions are shipped.
COMPILE = $(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 --no-header --no-emit-index-url

update: $(INSTALLED) ## Update the pinned requirements.
	$(COMPILE) requirements/dev.in --output-file requirements/dev.txt
	$(COMPILE) requirements/processor.in --constraint requirements/dev.txt --output-file requirements/processor.txt
	$(COMPILE) requirements/scan.in --output-file requirements/scan.txt
	$(COMPILE) requirements/docs.in --output-file requirements/docs.txt
	$(COMPILE) requirements/sentry.in --constraint requirements/dev.txt --output-file requirements/sentry.txt
	$(COMPILE) requirements/notifications.in --constraint requirements/dev.txt --output-file requirements/notifications.txt
	$(COMPILE) examples/export-transform/requirements.in --constraint requirements/dev.txt --output-file examples/export-transform/requirements.txt
