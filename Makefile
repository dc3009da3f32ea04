# make serve   set up what is missing and serve on http://127.0.0.1:8000
# make test    set up the tools too, then style, types and tests
# make setup   only set up;  make setup-dev  the tools too
# make lint    repair style and format;  make clean  remove what was made here (the data pack stays in the cache)
# make bench   our figures against peers' in one run (needs the network once);  make bench-anny  adds PyTorch for it
# make acceptance    200 random recipes through every check;  make test-engines   all platforms in other programs
# PYTHON=...   which Python to use (3.11 or newer)
HOST ?= 127.0.0.1
PORT ?= 8000
export PYTHON

.PHONY: acceptance test-engines serve test setup setup-dev lint check bench bench-anny clean
serve: setup
	@exec .venv/bin/avatar-foundry serve --host $(HOST) --port $(PORT)

setup:
	@scripts/setup

setup-dev:
	@scripts/setup --dev

test: setup-dev
	@scripts/test

check: setup-dev
	@scripts/check

lint: setup-dev
	@scripts/lint

bench: setup-dev
	@.venv/bin/python bench/body.py
	@.venv/bin/python bench/generate.py
	@echo && echo "## Decimation: our levels against gltf-transform and gltfpack"
	@OMP_NUM_THREADS=1 .venv/bin/python bench/decimation.py
	@echo && echo "## The web: bytes against gltf-transform and gltfpack"
	@OMP_NUM_THREADS=1 .venv/bin/python bench/web_size.py

bench-anny: setup
	@.venv/bin/python bench/peers.py anny

clean:
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache src/avatar_foundry/geometry/wasm dist

acceptance: setup-dev
	@.venv/bin/python scripts/acceptance

test-engines: setup-dev
	@.venv/bin/python scripts/test-engines
