# GNU make. `make` alone prints help.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# Where the indexer is compiled, this would have its queries checked against that database instead of indexer/.sqlx.
unexport DATABASE_URL

# The forge that npm pins. Not npm's own wrapper: that exits with 0 whatever forge does.
FORGE := script/forge
# On a terminal cargo shows how far it is; elsewhere only what is wrong.
QUIET := $(shell test -t 2 || echo --quiet)

.PHONY: help setup build run verify reset test check audit chaos fuzz-api fuzz-vault vault-large deep coverage prove mutate bench deploy \
	deploy-dry-run clean
.DEFAULT_GOAL := help

help: ## Print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install the pinned tools into node_modules (half a minute the first time)
	@script/setup

build: setup ## Compile the contract and the programs (several minutes the first time)
	@echo "Compiling the contract (10 seconds the first time)"
	@$(FORGE) build --quiet
	@echo "Compiling the programs (5 to 10 minutes the first time)"
	@cargo build --workspace $(QUIET)
	@echo "Compiling the TypeScript client"
	@node_modules/.bin/tsc --project clients/typescript

run: build ## Run everything on this machine with a demo, until Ctrl-C (API_PORT=8080 CHAIN_PORT=8545 OPEN=false)
	@cargo run --quiet --bin devnet -- run

verify: ## Compare what `make run` has indexed with the contract's own trails, while it runs
	@cargo run --quiet --bin devnet -- verify

reset: ## Forget what earlier runs kept
	@cargo run --quiet --bin devnet -- reset

test: build ## Run all tests (several minutes)
	@echo "Testing the contract, and its gas against snapshots/ (1 minute)"
	@FORGE_SNAPSHOT_CHECK=true $(FORGE) test
	@echo "Testing the deployment, against real chains (1 minute)"
	@node --test --test-reporter=dot test/deploy/deploy.test.js
	@echo "Testing the programs, against a real chain and a real database (several minutes)"
	@cargo test --workspace --quiet

check: build ## Check lints, format and generated files
	@echo "Checking lints"
	@cargo clippy --workspace --all-targets --quiet -- -D warnings
	@cargo clippy -p chartkey-indexer --bench backfill --bench api --bench stream --quiet -- -D warnings
	@echo "Checking format"
	@cargo fmt --all --check
	@$(FORGE) fmt --check
	@echo "Checking the contract's size (EIP-170)"
	@$(FORGE) build contracts --sizes > /dev/null
	@echo "Checking generated files"
	@script/abi.sh --check
	@script/sqlx --check
	@script/openapi --check
	@node test/trees.js

audit: ## Check the dependencies: licences, bans, sources, known vulnerabilities
	@script/audit

chaos: build ## Run 200 random schedules of crashes, reorgs and faults (15 minutes; CHAOS_SCHEDULES=… CHAOS_SEED=…)
	@CHAOS_SCHEDULES=$${CHAOS_SCHEDULES:-200} cargo test -p chartkey-indexer --test e2e $(QUIET) -- --nocapture whatever_happens_the_tables

fuzz-api: build ## Ask the API more than 20 000 questions that its own description allows or does not (15 minutes; FUZZ_API_EXAMPLES=…)
	@FUZZ_API_EXAMPLES=$${FUZZ_API_EXAMPLES:-300} cargo test -p chartkey-indexer --test e2e $(QUIET) -- --nocapture every_answer_is_as_described

fuzz-vault: ## Give the vault's parsers damaged and random bytes (over an hour; FUZZ_VAULT_SECONDS=600 each, two at a time)
	@FUZZ_VAULT_SECONDS=$${FUZZ_VAULT_SECONDS:-600} cargo test --release -p chartkey-vault --test vault $(QUIET) -- --nocapture --test-threads 2 properties

vault-large: ## Compute CIDs of 1 GiB, store and read one within 64 MiB of memory (a minute, 1 GiB of disk)
	@cargo test --release -p chartkey-vault --test vault $(QUIET) -- --ignored --nocapture --test-threads 1 large_cids a_gibibyte

deep: setup ## Test the contract with 10 000 fuzz runs and long histories (20 minutes)
	@FOUNDRY_PROFILE=ci FORGE_SNAPSHOT_CHECK=true $(FORGE) test --no-match-path 'test/prove/**'

coverage: setup ## Check that the contract's unit tests reach all of it (2 minutes)
	@script/coverage

prove: setup ## Prove what must never happen, for all states and arguments (10 minutes)
	@script/prove

mutate: setup ## See whether the tests notice small changes of the contract (an hour and more)
	@script/mutate

bench: setup ## Measure the indexer, its API and its stream against what cannot be beaten here (30 minutes; BENCH=--quick: six)
	@cargo bench --quiet --package chartkey-indexer --bench backfill -- $(BENCH)
	@cargo bench --quiet --package chartkey-indexer --bench api -- $(BENCH)
	@cargo bench --quiet --package chartkey-indexer --bench stream -- $(BENCH)

# What either needs is in the environment, see docs/DEPLOYMENT.md; the deployer's wallet in forge's words: WALLET='--account NAME'.
deploy: setup ## Deploy the contract on the chain of RPC_URL (docs/DEPLOYMENT.md)
	@script/deploy -- $(WALLET)

deploy-dry-run: setup ## Say what `make deploy` would do, and do nothing
	@script/deploy --dry-run

clean: ## Delete what was installed and compiled (not what `make run` keeps: that is `make reset`)
	@rm -rf target out cache broadcast node_modules .tools clients/typescript/dist
