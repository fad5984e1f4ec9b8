# Everything a newcomer or a build machine needs. `make demo` and `make test` work on a fresh clone.
#
#   make demo     set up what is missing, then play one Mandarin and one English call
#   make test     set up what is missing, then format, lint, docs and all tests
#   make test-web the pages in headless Chromium, with whole calls; screenshots go to target/web
#   make test-sip calls from and to other telephones (sipp, baresip)
#   make setup    system packages, models and the program, without running anything
#   make figures  the measurements of the README, on folders named by SETS=…
#   make fixtures make the recordings in audio-fixtures/ anew

SHELL := bash
CARGO := cargo
PROGRAM := target/debug/tingshuo
PACKAGES := cmake clang libclang-dev libsonic-dev libssl-dev pkg-config libasound2-dev espeak-ng-data g++
.DEFAULT_GOAL := help

.PHONY: help demo test test-web test-sip setup packages build models figures fixtures

help:
	@sed -n 's/^#   //p' Makefile

setup: models

packages:
	@scripts/install-packages $(PACKAGES)

build: packages
	$(CARGO) build --locked

models: build
	$(PROGRAM) models fetch

demo: models
	scripts/demo $(PROGRAM)

test: packages
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --lib --quiet
	$(CARGO) build --locked
	$(PROGRAM) models fetch
	$(PROGRAM) check
	$(CARGO) test --locked

test-web: models
	@scripts/install-packages chromium fonts-noto-cjk python3
	@command -v npm >/dev/null || scripts/install-packages nodejs npm
	cd tests/web && npm install --no-audit --no-fund --silent
	PROGRAM=$(PROGRAM) SCREENS=target/web node --test tests/web/

test-sip: models
	@scripts/install-packages sip-tester baresip tcpdump curl python3 iproute2 openssl
	PROGRAM=$(PROGRAM) tests/sip/run

fixtures: models
	$(PROGRAM) fixtures make

figures: models
	scripts/figures $(PROGRAM) $(SETS)
