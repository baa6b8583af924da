# The two commands: `make run` starts the studio, with a sample conversation and its film; `make
# test` checks everything. Both install what they need into this folder (.venv, .tools, build).
.PHONY: run film test bench setup sample lint lock clean checkers

BIN := .venv/bin
# What decides the bytes of the sample and its film.
FILMED := $(shell find sample src/candid/engine src/candid/commands -type f -not -name '*.pyc')

# On a terminal the studio runs in the foreground group of its own: Ctrl-C stops it, and make, which
# would call that an error, sees it end well. Without one the studio takes the shell's place: what
# ends make ends it too.
run: film
	@if [ -t 0 ]; then set -m; $(BIN)/candid serve --sample build; \
	  else exec $(BIN)/candid serve --sample build; fi

film: build/film/.ready

build/film/.ready: .venv/.ready $(FILMED)
	@$(BIN)/python -m sample.make_takes -o build/sample
	@$(BIN)/candid film build/sample/rosa build/sample/daniel -o build/film --target 2:30 \
	  --title "It is lighter with two"
	@touch $@

sample: setup
	@$(BIN)/python -m sample.make_takes -o build/sample

test: setup lint
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: setup checkers
	@$(BIN)/ruff format --check --quiet . || { echo "format: run '$(BIN)/ruff format .'"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@node_modules/.bin/tsc --noEmit

bench: setup sample
	@$(BIN)/python -m bench

# Chromium for the tests, and the type checker of the browser's modules.
checkers:
	@sh scripts/setup-tests

setup: .venv/.ready

.venv/.ready: scripts/setup pyproject.toml requirements/uv.txt requirements/dev.txt
	@sh scripts/setup

# Pins every dependency with its hashes and without addresses.
lock: setup
	@.tools/bin/uv pip compile --quiet pyproject.toml --group dev --all-extras --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --no-header --output-file requirements/dev.txt

clean:
	rm -rf build .venv .tools node_modules
