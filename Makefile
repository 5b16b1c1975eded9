# alma-webhooks: `make help` lists the targets. All of them install what they need into .venv first.

PYTHON ?= python3
PORT ?= 4566
ARGS ?=
EVENTS ?= 1000
SEED ?= 1
STAGE ?=
REGION ?=
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SCAN := .venv-scan
SCANNERS := $(SCAN)/.installed
TEMPLATES := build/templates

.DEFAULT_GOAL := help
.PHONY: help install run send simulate test test-integration soak bench fuzz mutants check lint scan audit package deploy destroy update

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-16s %s\n", $$1, $$2}'

install: $(INSTALLED) ## Install everything into .venv.

$(INSTALLED): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: install it, or name it with make PYTHON=python3.13 …" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is needed (Debian and Ubuntu: apt install python3-venv)." >&2; exit 2; }
	@echo "Installing into $(VENV); this takes about a minute."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: $(INSTALLED) ## Run the whole pipeline here: PORT=4566 ARGS=--once|--no-samples|--endpoint-url=URL|--parameter=NAME=VALUE
	@$(BIN)/alma-webhooks run $(if $(PORT),--port '$(PORT)') $(ARGS)

send: $(INSTALLED) ## Sign and post an event: FILE=a file or a sample's name, URL=the profile's URL
	@test -n '$(value FILE)' || { echo 'Say what to send: make send FILE=a file or a sample URL=…' >&2; exit 2; }
	@$(BIN)/alma-webhooks send '$(value FILE)' $(if $(value URL),'$(value URL)') $(ARGS)

simulate: $(INSTALLED) ## Post many events as Alma would: URL=the profile's URL ARGS="--events=1000 --rate=max --duplicates=0.05"
	@test -n '$(value URL)' || { echo 'Say where to: make simulate URL=… ARGS="--events=1000"' >&2; exit 2; }
	@$(BIN)/alma-webhooks simulate '$(value URL)' $(ARGS)

# By file, because many files share one stack among their tests. Two at a time: each end-to-end file starts an emulator with
# its functions, and four of them leave two cores too little to answer within Alma's 5 s.
test: $(INSTALLED) ## Run the tests: ARGS="-k routes" picks some.
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

# It posts invented events: the stage prod has to be named once more, by ARGS=--confirm-prod.
test-integration: $(INSTALLED) ## Run the end-to-end tests on a stack that is deployed: STAGE=dev|stg|prod REGION=… ARGS="--endpoint-url=URL -k events"
	@test -n '$(STAGE)' || { echo 'Say which stage: make test-integration STAGE=dev|stg|prod REGION=…' >&2; exit 2; }
	@$(BIN)/python -m pytest tests/end_to_end --stage '$(STAGE)' $(if $(REGION),--region '$(REGION)') $(ARGS)

fuzz: $(INSTALLED) ## Try 5,000 random examples of everything that comes from outside (twenty minutes): ARGS="-k routes" picks some.
	FUZZ_PROFILE=thorough $(BIN)/python -m pytest -p no:logging tests/fuzz $(ARGS)

soak: $(INSTALLED) ## Soak-test the pipeline locally with injected faults: EVENTS=1000 SEED=1
	@$(BIN)/alma-webhooks soak --events '$(EVENTS)' --seed '$(SEED)' $(ARGS)

# Not part of check: milliseconds decide no build.
bench: $(INSTALLED) ## Measure ingest and the processor beside other ways to do the same (three minutes): ARGS="--only=ingest --peer=mine:handle"
	@$(BIN)/python -m benchmarks $(ARGS)

# Always from the beginning: mutmut notices a change of the source, but not one of a test.
mutants: $(INSTALLED) ## See whether the tests notice small changes of the code (eight minutes): ARGS="ingest.signature*" picks some.
	@rm -rf mutants
	@set -f; $(BIN)/mutmut run $(ARGS) && $(BIN)/python -m scripts.devtools.mutation.judge_mutants $(ARGS)

check: lint scan test ## Run every check and the tests, as CI does.

# What detect-secrets takes for a secret and is none, each with its reason; single lines have theirs behind the pragma.
NO_SECRETS := --exclude-lines='--hash=sha256:[0-9a-f]{64}' # digests of pinned packages
NO_SECRETS += --exclude-lines='"integrity": "sha512-' # digests of pinned packages, npm's
NO_SECRETS += --exclude-files='^scripts/deploy/ca_file.py$$' # digests of certificates that AWS publishes
NO_SECRETS += --exclude-files='^tests/golden/' # invented messages, in JSON, which takes no pragma
NO_SECRETS += --exclude-lines='exlibris/pod/POD_ALMA_EXPORT_' # the prefix of a sample's file
# The word "secret" with a text behind it is what tests are full of, and all of it is invented; whatever has the form or the
# entropy of a real one is found there too.
INVENTED := --disable-plugin KeywordDetector

lint: $(INSTALLED) ## Check style, types, the template, the routes, and that no secret is in any file.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cfn-lint infra/cloudformation/*.yaml
	$(BIN)/alma-webhooks routes check
	git ls-files -z -- ':!tests' | xargs -0 $(BIN)/detect-secrets-hook --no-verify $(NO_SECRETS)
	git ls-files -z -- tests | xargs -0 $(BIN)/detect-secrets-hook --no-verify $(NO_SECRETS) $(INVENTED)

# A virtual environment of its own: checkov pins a boto3 of 2024, which the emulator and the stubs cannot live with.
$(SCANNERS): requirements/scan.txt $(INSTALLED)
	@test -x $(SCAN)/bin/python || $(BIN)/python -m venv --without-pip $(SCAN)
	@echo "Installing checkov into $(SCAN); this takes about half a minute."
	@$(BIN)/python -m scripts.deploy.installer $(SCAN)/bin/python requirements/scan.txt
	@touch $@

# Both scanners read the templates with their loops laid out: what a loop makes they do not see.
scan: $(SCANNERS) ## Scan the templates for what AWS advises against (checkov; installed at the first time).
	@$(BIN)/python -m scripts.deploy.laid_out_templates $(TEMPLATES)
	$(SCAN)/bin/checkov --config-file infra/audit/checkov.yaml --directory $(TEMPLATES)

# Not part of check: it needs Node and its packages.
audit: scan ## Scan the templates by cdk-nag too; needs npm.
	@npm --version >/dev/null || { echo "npm is needed (it comes with Node 20 or newer)." >&2; exit 2; }
	npm ci --prefix infra/audit --no-audit --no-fund --loglevel=error
	node infra/audit/nag.js $(TEMPLATES)

# Not part of check: the wheels for Lambda's machine come over the network, and a Python of its version must be here.
package: $(INSTALLED) ## Build both functions' zips for Lambda into build/, and see that they are reproducible and complete.
	@$(BIN)/alma-webhooks package --target lambda $(ARGS)
	$(BIN)/python -m pytest tests/packages/zips_for_lambda.py

# Both ask before they change anything; in CI, say ARGS=--yes.
deploy: $(INSTALLED) ## Deploy the pipeline: STAGE=dev|stg|prod REGION=eu-central-1 ARGS="--alma-profile=NAME --parameter=NAME=VALUE --allow-removal=NAME"
	@test -n '$(STAGE)' || { echo 'Say which stage: make deploy STAGE=dev|stg|prod REGION=…' >&2; exit 2; }
	@$(BIN)/alma-webhooks deploy --stage '$(STAGE)' $(if $(REGION),--region '$(REGION)') $(ARGS)

destroy: $(INSTALLED) ## Delete it, but not its queues, table and bucket: STAGE=dev|stg|prod REGION=eu-central-1
	@test -n '$(STAGE)' || { echo 'Say which stage: make destroy STAGE=dev|stg|prod REGION=…' >&2; exit 2; }
	@$(BIN)/alma-webhooks destroy --stage '$(STAGE)' $(if $(REGION),--region '$(REGION)') $(ARGS)

# The processor's own lists come second and keep to the first: what is tested is what is shipped.
COMPILE = $(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 --no-header --no-emit-index-url

update: $(INSTALLED) ## Bring the pinned requirements up to date.
	$(COMPILE) requirements/dev.in --output-file requirements/dev.txt
	$(COMPILE) requirements/processor.in --constraint requirements/dev.txt --output-file requirements/processor.txt
	$(COMPILE) requirements/scan.in --output-file requirements/scan.txt
	$(COMPILE) requirements/sentry.in --constraint requirements/dev.txt --output-file requirements/sentry.txt
