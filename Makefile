# Everything a person or a pipeline does here. Each target sets up what it needs by itself.
PYTHON ?= python3
ENV ?= prod
export PYTHONUTF8 = 1

BIN := .venv/bin
READY := .venv/.ready
DEVELOPMENT := .venv/.development
AZURE_CLI := .tools/azure-cli/bin/az
DRIFT_OTHERS := .tools/drift-others/.ready
LANGUAGE_SERVICE := tools/node_modules/.package-lock.json
SPARK := .venv/.spark
AZURITE := tools/azurite/node_modules/.package-lock.json

# One worker for each core; what tests of a module share is made once.
PARALLEL := --numprocesses auto --dist loadfile

# Half the time of an installation is compiling; Python compiles what is imported when it first is,
# unless it may not keep it.
PIP_OPTIONS := --quiet --disable-pip-version-check --no-compile
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help render check validate build lint rule-tests mutants test test-all demo docs azure-cli azurite spark drift-job stage-azureml what-if deploy verify drift-benchmark lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 14

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; pass PYTHON=python3.x")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install $(PIP_OPTIONS) --require-hashes -r requirements.lock
	$(BIN)/python -m pip install $(PIP_OPTIONS) --no-deps --no-build-isolation --editable .
	touch $(READY)

$(DEVELOPMENT): $(READY) development.lock
	$(BIN)/python -m pip install $(PIP_OPTIONS) --require-hashes -r development.lock
	touch $(DEVELOPMENT)

render: $(READY) ## Render config/ into rendered/ and the schemas: the main job
	$(BIN)/mlmon render
	$(BIN)/mlmon schema

check: $(READY) ## Fail if rendered/ is stale
	$(BIN)/mlmon render --check

validate: $(READY) ## Check the configuration
	$(BIN)/mlmon validate

build: $(READY) ## Compile the rendered Bicep and print its size
	$(BIN)/mlmon build

# Npm only fetches the package; it runs inside Python. Without npm there is no analysis of KQL.
$(LANGUAGE_SERVICE): tools/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix tools --ignore-scripts --loglevel=error; \
	else echo "npm is not installed: KQL stays unanalysed (tools/package.json)" >&2; fi

rule-tests: $(READY) $(LANGUAGE_SERVICE) ## Test the alert rules and queries over time
	@if [ -f $(LANGUAGE_SERVICE) ]; then $(BIN)/mlmon test --coverage --strict; \
	else echo "rule tests NOT RUN: they need npm, which is not installed" >&2; test -z "$$CI"; fi

mutants: $(READY) $(LANGUAGE_SERVICE) ## Change each alert rule and see that a test notices
	$(BIN)/mlmon test --coverage --strict --mutate

test: rule-tests $(DEVELOPMENT) ## Run the rule tests and the default tests
	$(BIN)/pytest $(PARALLEL)

test-all: mutants $(DEVELOPMENT) ## Run every test, slow ones too
	$(BIN)/pytest $(PARALLEL) -m ""

lint: $(DEVELOPMENT) $(LANGUAGE_SERVICE) ## Check format, style, types, queries, rules and workbooks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mlmon lint

NIGHTS := 17 18 19 20
DEMO := --sensors demo/data/sensors --predictions demo/predictions --actuals demo/data/actuals
demo: $(READY) $(LANGUAGE_SERVICE) ## Simulate the fleet with faults, run its last nights and evaluate the alert rules, in demo/
	@$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,--jobs 2) demo/limits.json demo/batches/done
	for night in $(NIGHTS); do $(BIN)/mlmon daily $(DEMO) --as-of 2026-11-$$night --calibration demo/limits.json \
	  --results demo/nights --records demo/records --performance-records demo/performance_records \
	  --record-telemetry demo/telemetry --no-notify || exit; done
	if [ -f $(LANGUAGE_SERVICE) ]; then \
	  $(BIN)/mlmon backtest --data demo/telemetry --from 2026-11-17T04:00 --to 2026-11-20T06:00 --format json > demo/alerts.json && \
	  $(BIN)/mlmon report --results demo/nights/2026-11-20 --alerts demo/alerts.json --faults demo/data/faults.json --out demo/report.html; \
	else echo "alert rules NOT EVALUATED: they need npm, which is not installed" >&2; \
	  $(BIN)/mlmon report --results demo/nights/2026-11-20 --faults demo/data/faults.json --out demo/report.html; fi

# The simulated fleet is made once: whoever wants it anew runs `make clean`.
demo/data: | $(READY)
	$(BIN)/mlmon simulate --out demo/data --as-of 2026-11-20

demo/limits.json: | demo/data
	$(BIN)/mlmon drift calibrate --data demo/data/sensors --as-of 2026-11-13 --out demo/limits.json

demo/batches/done: | demo/data
	$(BIN)/python -m scoring.demo --data demo/data --until 2026-11-20 --nights $(words $(NIGHTS)) --out demo
	touch demo/batches/done

docs: $(READY) ## Write the generated pages of docs/
	$(BIN)/python -m docs.generate

$(AZURE_CLI): tools/azure-cli.lock
	$(PYTHON) -m venv .tools/azure-cli
	.tools/azure-cli/bin/python -m pip install $(PIP_OPTIONS) --require-hashes -r tools/azure-cli.lock
	touch $(AZURE_CLI)

azure-cli: $(AZURE_CLI) ## Install the Azure CLI into .tools/, apart from the project

$(AZURITE): tools/azurite/package-lock.json
	npm ci --prefix tools/azurite --ignore-scripts --loglevel=error

azurite: $(AZURITE) ## Install the emulator of Azure Storage, which slow tests read from

$(SPARK): $(DEVELOPMENT) tools/spark.lock
	$(BIN)/python -m pip install $(PIP_OPTIONS) --require-hashes -r tools/spark.lock
	touch $(SPARK)

spark: $(SPARK) ## Install pyspark for the engine `spark`, which also needs Java 17
	@command -v java >/dev/null || echo "java is not installed: apt-get install openjdk-17-jre-headless" >&2

drift-job: $(READY) ## Put together the Spark job of Azure ML in .staging/drift-job
	rm -rf .staging/drift-job
	$(BIN)/python -m hatchling build --target wheel --directory .staging/drift-job >/dev/null
	mv .staging/drift-job/mlmon-*.whl .staging/drift-job/mlmon.zip
	cd .staging/drift-job && ../../$(BIN)/python -m zipfile -e mlmon.zip .
	cp -R config kql monitoring/azureml/drift_job.py .staging/drift-job/

stage-azureml: $(READY) ## Put together what scoring and the jobs of Azure ML upload
	tools/stage-azureml

what-if: $(READY) ## Show what deploying ENV would change
	$(BIN)/mlmon what-if --env $(ENV)

deploy: $(READY) ## Deploy the rendered ENV; OPTIONS=--first the first time
	$(BIN)/mlmon deploy --env $(ENV) $(OPTIONS)

verify: $(READY) ## Compare what Azure holds with the rendered ENV
	$(BIN)/mlmon verify --env $(ENV)

# The lock is complete, and pip 23 trips over an extra of a pinned package when it looks itself.
$(DRIFT_OTHERS): benchmarks/others/requirements.lock
	$(PYTHON) -m venv .tools/drift-others
	.tools/drift-others/bin/python -m pip install $(PIP_OPTIONS) --no-deps --require-hashes -r benchmarks/others/requirements.lock
	touch $(DRIFT_OTHERS)

drift-benchmark: $(READY) $(DRIFT_OTHERS) ## Time the drift statistics against scipy, Evidently, NannyML
	$(BIN)/python -m benchmarks.drift

lock: $(READY) ## Compile the lock files anew from their inputs
	tools/lock

clean: ## Remove what set-up made
	rm -rf .venv .cache demo .tools/azure-cli .tools/drift-others tools/node_modules tools/azurite/node_modules .mypy_cache .ruff_cache .pytest_cache
