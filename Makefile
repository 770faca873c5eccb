# Everything that is done with this repository, from a clean clone: `make demo`, `make test`, `make lint`, `make bench`,
# `make fmt`. What it needs goes under build/ and target/; re-runs only do what changed.
#
#     make test-conformance PYTHON=~/.pyenv/versions/3.13.0/bin/python
#     make test-conformance ARGS="testing/cffi0/test_parsing.py --verbose"
#     make test-python ARGS="-n 0 -k threads"
#
# Needs: cargo, a C compiler, make, and a CPython from 3.10 on with its venv module. What only some tests need (Debian's -dev
# packages for tests/headers) is looked for first and installed if it is missing and we are root.

PYTHON ?= python3
# Cargo's profile for the wheel: release is what users get, dev is built in a fraction of the time.
PROFILE ?= release
# ABI3=1: one wheel for every CPython from 3.12 on, built by the first that asks for it.
ABI3 ?=
ARGS ?=

# The interpreter behind shims and environments, and a name for what is built for it.
REAL_PYTHON := $(shell $(PYTHON) -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))')
PYTAG := $(shell $(PYTHON) -c 'import sys; print("py%d.%d%s" % (*sys.version_info[:2], sys.abiflags))')
ifeq ($(PYTAG),)
$(error cannot run PYTHON=$(PYTHON))
endif

SUFFIX := $(if $(filter-out release,$(PROFILE)),-$(PROFILE))$(if $(ABI3),-abi3)
NAME := $(PYTAG)$(SUFFIX)
ENV := $(CURDIR)/build/$(NAME)
ENV_PYTHON := $(ENV)/bin/python
LINT := $(CURDIR)/build/lint
UPSTREAM := $(CURDIR)/build/upstream-$(PYTAG)
CHARTS := $(CURDIR)/build/charts
WHEELS := $(CURDIR)/build/wheels/$(if $(ABI3),py3$(SUFFIX),$(NAME))
PARTS := $(ENV_PYTHON) tools/parts.py

# The same interpreter for every cargo command: another one would rebuild the crates that speak to CPython.
export PYO3_PYTHON := $(ENV_PYTHON)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export CFFI_ABI3 := $(ABI3)
export CFFI_WHEELS := $(WHEELS)
# The environments are the only place in which a `cffi` may be found.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

SOURCES := $(shell find crates python Cargo.toml Cargo.lock pyproject.toml setup.py MANIFEST.in -type f \
	-not -path '*/tests/*' -not -path '*/benches/*' -not -path '*/fuzz/*' -not -path '*/__pycache__/*' -not -name '*.snap' -not -name '*.so' -not -path '*.egg-info/*' 2>/dev/null)

.PHONY: help build demo test lint bench bench-html bench-docs startup-order fmt clean smoke env memcheck \
	test-rust test-python test-conformance test-differential test-packaging test-headers test-codegen test-matrix test-benches \
	test-instructions test-examples test-versions test-wheels typecheck

help:
	@sed -n 's/^## //p' Makefile

## make build              the wheel for PYTHON, installed into build/pyX.Y
build: $(ENV)/.wheel

## make demo               printf, zlib, SQLite, qsort … from Python
demo: $(ENV)/.wheel
	@$(ENV_PYTHON) demo/demo.py

## make test               all tests and checks; ends in the totals
test: $(ENV)/.wheel $(UPSTREAM)/.ready $(LINT)/.ready build/.compilers build/.pypy
	@$(PARTS) all

## make lint               cargo fmt --check, clippy, ruff, mypy
lint: $(ENV)/.ready $(LINT)/.ready
	@$(PARTS) fmt clippy free-threaded ruff ruff-format mypy

## make memcheck           the demo and our Python tests under valgrind (PROFILE=dev for line numbers)
memcheck: $(ENV)/.wheel
	@$(ENV_PYTHON) tools/memcheck.py $(ARGS)

## make bench              compared with upstream's cffi, ctypes, nanobind and Cython, in the same run (ARGS="calls data")
bench: $(ENV)/.wheel $(UPSTREAM)/.ready
	@$(ENV_PYTHON) benches/python/compare.py --wheel $(WHEELS)/*.whl $(ARGS)

## make bench-html         a page of what `make bench` measured: build/bench/benchmarks.html
bench-html: $(CHARTS)/.ready
	@$(CHARTS)/bin/python benches/python/report.py --html build/bench/benchmarks.html $(ARGS)

## make bench-docs         the tables and the picture of docs/benchmarks.md, of what `make bench` measured
bench-docs: $(CHARTS)/.ready
	@$(CHARTS)/bin/python benches/python/report.py --markdown docs/benchmarks.md --picture docs/benchmarks.svg $(ARGS)

## make startup-order      crates/cffi-backend/startup.ld, of what runs at start-up (ARGS=build/py3.13/bin/python: there, too)
startup-order: $(ENV)/.wheel
	@$(ENV_PYTHON) tools/startup_order.py $(ENV_PYTHON) $(abspath $(ARGS))

## make fmt                format Rust and Python
fmt: $(LINT)/.ready
	cargo fmt --all
	$(LINT)/bin/ruff format python tests tools demo benches examples setup.py
	$(LINT)/bin/ruff check --fix-only --quiet python tests tools demo benches examples setup.py

## make test-rust          cargo test
test-rust: $(ENV)/.ready build/.compilers
	@$(PARTS) rust -- $(ARGS)

## make test-python        our own Python tests
test-python: $(ENV)/.wheel
	@$(PARTS) python -- $(ARGS)

## make test-conformance   upstream's test suite against our wheel
test-conformance: $(ENV)/.wheel
	@$(PARTS) conformance -- $(ARGS)

## make test-differential  the same snippets under our wheel and upstream's cffi
test-differential: $(ENV)/.wheel $(UPSTREAM)/.ready
	@$(PARTS) differential -- --upstream $(UPSTREAM)/bin/python $(ARGS)

## make test-packaging     sdist, editable install, system libffi, size of the wheel
test-packaging: $(ENV)/.wheel
	@$(PARTS) packaging -- $(ARGS)

## make test-headers       real C headers through ffi.cdef(), compared with gcc
test-headers: $(ENV)/.wheel
	@$(PARTS) headers -- $(ARGS)

## make test-codegen       generated modules: compilers, standards, PyPy, errors
test-codegen: $(ENV)/.wheel build/.compilers build/.pypy
	@$(PARTS) codegen -- $(ARGS)

## make test-matrix        compiled modules of our generator and upstream's, under both runtimes
test-matrix: $(ENV)/.wheel $(UPSTREAM)/.ready
	@$(PARTS) matrix -- --upstream $(UPSTREAM)/bin/python $(ARGS)

## make test-instructions  common operations counted by callgrind (ARGS=--update)
test-instructions: $(ENV)/.wheel
	@$(PARTS) instructions -- $(ARGS)

## make test-examples      the projects of examples/ and of docs/building.md, built as they say
test-examples: $(ENV)/.wheel
	@$(PARTS) examples -- $(ARGS)

## make test-benches       what is benchmarked comes to the same in every column
test-benches: $(ENV)/.wheel $(UPSTREAM)/.ready
	@$(PARTS) benches -- $(ARGS)

## make test-wheels        packages from PyPI, exercised with our wheel and upstream's cffi (ARGS=--suites, --sdists)
test-wheels: $(ENV)/.wheel
	@$(ENV_PYTHON) tests/wheels/run.py --wheel $(WHEELS)/*.whl $(ARGS)

## make test-versions      wheels on every CPython found, and the stable ABI's on several
test-versions: $(ENV)/.ready
	@$(PARTS) versions

## make typecheck          mypy --strict
typecheck: $(ENV)/.ready $(LINT)/.ready
	@$(PARTS) mypy

## make smoke              the wheel on PYTHON alone
smoke: $(ENV)/.wheel
	@cd build && $(ENV_PYTHON) -I $(CURDIR)/tests/packaging/smoke.py && echo "smoke: 1 passed, 0 failed"

env: $(ENV)/.ready

## make clean              remove build/, dist/ and target/
clean:
	rm -rf build dist target

$(ENV)/.ready: tools/requirements-test.txt
	@command -v cargo >/dev/null || { echo "cargo not found: see https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || tools/apt.sh gcc libc6-dev
	$(REAL_PYTHON) -m venv --clear $(ENV)
	$(ENV)/bin/pip install --quiet -r tools/requirements-test.txt
	@touch $@

# The layout tests compile for every target; clang is the compiler that knows them all.
build/.compilers:
	@tools/apt.sh gcc clang
	@mkdir -p build && touch $@

# Its tests are skipped where it is not to be had.
build/.pypy:
	@tools/apt.sh g++ pypy3 pypy3-dev || true
	@mkdir -p build && touch $@

$(WHEELS)/.built: $(ENV)/.ready $(SOURCES)
	@# setuptools keeps what it copied before, deleted modules included.
	@rm -rf $(WHEELS) build/lib.* build/bdist.* && mkdir -p $(WHEELS)
	SETUPTOOLS_RUST_CARGO_PROFILE=$(PROFILE) $(ENV)/bin/pip wheel --quiet --no-build-isolation --no-deps --wheel-dir $(WHEELS) .
	@touch $@

$(ENV)/.wheel: $(WHEELS)/.built
	$(ENV)/bin/pip install --quiet --no-deps --force-reinstall $(WHEELS)/*.whl
	@touch $@

$(LINT)/.ready: tools/requirements-lint.txt
	$(REAL_PYTHON) -m venv --clear $(LINT)
	$(LINT)/bin/pip install --quiet -r tools/requirements-lint.txt
	@touch $@

$(UPSTREAM)/.ready: benches/python/requirements-upstream.txt
	$(REAL_PYTHON) -m venv --clear $(UPSTREAM)
	$(UPSTREAM)/bin/pip install --quiet --only-binary cffi -r $<
	@touch $@

$(CHARTS)/.ready: benches/python/requirements-charts.txt
	$(REAL_PYTHON) -m venv --clear $(CHARTS)
	$(CHARTS)/bin/pip install --quiet -r $<
	@touch $@
