# The two commands are `make demo` and `make test`; the others are for who works on EcoTrack.

# Queries are checked against .sqlx, what `make prepare` recorded: a build needs no database.
export SQLX_OFFLINE := true

# Where cargo puts programs.
programs := $(or $(CARGO_TARGET_DIR),target)/debug

# One way to build for all: cargo turns on other features of dependencies for `-p`, and for builds
# without the test targets' own dependencies, and would then compile a hundred of them twice.
# `--examples` (there are none) is what brings in those of the tests without compiling a test.
build := cargo build --workspace --bins --examples

.DEFAULT_GOAL := help
.PHONY: help
help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: demo
demo: postgresql ## Build, start everything, and open the dashboard of the demo home
	@$(build) && exec $(programs)/ecotrack demo

.PHONY: clean-demo
clean-demo: ## Remove the demo's data
	@scripts/clean-demo

.PHONY: test
test: postgresql mosquitto ## Run every test
	@if command -v cargo-nextest >/dev/null; then set -- cargo nextest run; else set -- cargo test; fi; \
	INSTA_UPDATE=no scripts/with-template "$$@" --workspace

# The quick to fail first. Clippy compiles the queries against a real schema on the way.
.PHONY: ci
ci: postgresql mosquitto ## Run every test and every check
	cargo fmt --all --check
	scripts/prepare-sqlx --check cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --lib --examples
	$(MAKE) test
	$(build)
	$(programs)/ecotrack-server openapi | diff -u openapi.json - || \
		{ echo 'openapi.json is not up to date: run `make openapi` and commit what changes.'; exit 1; }

.PHONY: bench
bench: ## Measure what has to be quick, beside a peer or a limit
	@echo 'what | ours | beside it | ratio'
	@cargo bench --quiet -p ecotrack-common --bench bill
	@cargo bench --quiet -p ecotrack-common --bench import

# Of other homes: make bench-forecast DATA=DIR ORIGINS=FILE
.PHONY: bench-forecast
bench-forecast: ## Judge forecasts of published homes, and time them beside pandas and scikit-learn
	@scripts/forecast/judge $(DATA) $(ORIGINS)

# Of other homes: make bench-alerts DATA=DIR; with CHOOSE=1 thresholds are chosen on all sources but one
.PHONY: bench-alerts
bench-alerts: ## Hold the alert rules against published homes, with and without faults put in
	@cargo run --quiet --profile measure -p ecotrack-server --bin ecotrack-server -- \
		judge-alerts --data $(or $(DATA),server/fixtures/forecast) $(if $(CHOOSE),--choose)

# Of other homes: make bench-goals DATA=DIR ORIGINS=FILE
.PHONY: bench-goals
bench-goals: ## Hold the probabilities of passing limits against past cycles of published homes
	@scripts/forecast/judge-goals $(DATA) $(ORIGINS)

# CASES and SEED say how many, and which.
.PHONY: fuzz
fuzz: ## Hand broken files to every parser
	@cargo bench --quiet --profile fuzz -p ecotrack-common --bench fuzz -- cases=$(or $(CASES),10000000) seed=$(or $(SEED),1)

.PHONY: bench-queue
bench-queue: postgresql ## Train 1,000 and 10,000 homes through the job queue
	@echo 'what | ours | beside it | ratio'
	@scripts/with-postgres sh -c 'cargo bench --quiet --profile measure -p ecotrack-server --bench queue -- "$$DATABASE_URL"'

# How often each is done: make bench-import TIMES=9
.PHONY: bench-import
bench-import: postgresql ## Import a million quarter-hours beside psql; memory and dashboards during a gigabyte
	@echo 'what | ours | beside it | ratio'
	@scripts/with-postgres sh -c 'cargo bench --quiet --profile measure -p ecotrack-server --bench import -- \
		"$$DATABASE_URL" "$$(scripts/postgresql-bin)/psql" $(or $(TIMES),5)'

# How many seconds each in a round: make bench-live SECONDS=10
.PHONY: bench-live
bench-live: postgresql ## Send single values over 16 connections, beside single rows by pgbench
	@echo 'what | ours | beside it | ratio'
	@DURABLE=1 scripts/with-postgres sh -c 'cargo bench --quiet --profile measure -p ecotrack-server --bench live -- \
		"$$DATABASE_URL" "$$DATABASE_TCP_URL" "$$(scripts/postgresql-bin)/pgbench" $(or $(SECONDS),4)'

.PHONY: prepare
prepare: postgresql ## Record the queries for SQLx, after a query or a migration changed
	scripts/prepare-sqlx

.PHONY: openapi
openapi: ## Write openapi.json, after the API changed
	$(build)
	$(programs)/ecotrack-server openapi > openapi.json.new
	mv openapi.json.new openapi.json

# Installs PostgreSQL's programs if they are missing, asking for root only then.
.PHONY: postgresql
postgresql:
	@scripts/install-postgresql

# The broker that tests speak with, likewise.
.PHONY: mosquitto
mosquitto:
	@scripts/install-mosquitto
