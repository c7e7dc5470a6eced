# The front door. `make try` and `make test` do all their own set-up; see README.md.
.DEFAULT_GOAL := help
.PHONY: help try test build release lint format linkage bench bench-toy bench-real setup clean

RELEASE := .build-release

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

try: release ## Let the agent mend a failing test with the embedded local model; no API key needed
	@scripts/try.sh $(RELEASE)

test: setup ## Build and pass all tests
	@scripts/test.sh

build: setup ## Debug build
	swift build

release: setup ## Optimised build with the Swift runtime linked in
	@scripts/release.sh $(RELEASE)

lint: ## Formatting and house rules
	@scripts/lint.sh

format: ## Put all sources into the house format
	swift format --in-place --recursive Sources Tests Package.swift

linkage: release ## The release binary needs no library but the system's own, and no ICU
	@scripts/linkage.sh $(RELEASE)

bench: release ## Start-up, cost per call and memory against a scripted model (minutes)
	@python3 Benchmarks/overhead/run.py $(ARGS)

bench-toy: release ## Six toy tasks, three seeds each, with the embedded model (1.1 GB, up to an hour)
	@$(RELEASE)/bin/lockgate model install
	@python3 Benchmarks/toy-tasks/run.py $(ARGS)

bench-real: release ## A real bug in a real package from PyPI, mended and committed in the sandbox
	@python3 Benchmarks/real-task/run.py $(ARGS)

setup: ## Install missing system packages
	@scripts/setup.sh

clean: ## Remove build products
	rm -rf .build $(RELEASE)
