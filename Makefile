# Everything a newcomer or a build machine needs. `make demo` and `make test` work on a fresh clone.
#
#   make demo     set up what is missing, then play one Mandarin and one English call
#   make test     set up what is missing, then format, lint, docs and all tests
#   make setup    system packages, models and the program, without running anything
#   make figures  the measurements of the README, on folders named by SETS=…
#   make fixtures make the recordings in audio-fixtures/ anew

SHELL := bash
CARGO := cargo
PROGRAM := target/debug/tingshuo
PACKAGES := cmake clang libclang-dev libsonic-dev libssl-dev pkg-config libasound2-dev espeak-ng-data g++
.DEFAULT_GOAL := help

.PHONY: help demo test setup packages build models figures fixtures

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

fixtures: models
	$(PROGRAM) fixtures make

figures: models
	scripts/figures $(PROGRAM) $(SETS)
