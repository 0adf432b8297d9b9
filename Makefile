# Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#
# Targets for people. Everything is made by CMake and the scripts; each target
# may be run again at any time and does only what is missing.

BUILD := build
OUT ?= demo-out
CAIRN_CACHE ?= $(HOME)/.cache/cairn
MNIST := $(CAIRN_CACHE)/mnist
TF_PYTHON := $(CAIRN_CACHE)/tf-2.15.1/bin/python
export CAIRN_CACHE

.PHONY: help build mnist demo test reliability large bench format check-format layers clean
.DEFAULT_GOAL := help

help:
	@echo "make build         the command line tool, build/bin/cairn"
	@echo "make demo          the whole story on MNIST, into $(OUT)/"
	@echo "make test          unit tests, then the tests against real TensorFlow"
	@echo "make reliability   every byte changed, calls failing, kills, power cuts"
	@echo "make large         tensors above 4 GiB, beside TensorFlow"
	@echo "make bench         benchmarks, beside TensorFlow where there is one"
	@echo "make format        clang-format on all C++ files"
	@echo "make check-format  says which files clang-format would change"
	@echo "make layers        checks which room includes which"
	@echo "make mnist         fetches the MNIST files into the cache"
	@echo "make clean         removes build trees and the demo's output"

build:
	@scripts/setup build
	@test -f $(BUILD)/build.ninja || \
	  cmake --preset release -B $(BUILD) -DCAIRN_TESTS=OFF
	@cmake --build $(BUILD) --target cairn

mnist:
	@scripts/setup mnist

demo: build mnist
	@$(BUILD)/bin/cairn demo --data "$(MNIST)" --out "$(OUT)" $(DEMO_FLAGS)

test:
	@scripts/setup build test mnist tf
	@cmake --preset release -B $(BUILD)
	@cmake --build $(BUILD)
	@ctest --test-dir $(BUILD) -j "$$(nproc)" --output-on-failure
	@$(TF_PYTHON) -m pytest -c tests/interop/pytest.ini tests/interop \
	  -n auto --maxprocesses 4 --dist loadfile \
	  $(PYTEST_FLAGS)

reliability:
	@scripts/setup build test reliability
	@cmake --preset release -B $(BUILD)
	@cmake --build $(BUILD) --target cairn every_byte \
	  crash_states kill_saves power_cut shared_extents
	@tests/reliability/run $(BUILD)

large:
	@scripts/setup build test tf
	@cmake --preset release -B $(BUILD)
	@cmake --build $(BUILD) --target large_tensors
	@tests/reliability/large $(BUILD) $(TF_PYTHON) $${TMPDIR:-/tmp}

bench:
	@scripts/setup build mnist tf
	@cmake --preset bench
	@cmake --build build-bench
	@bench/run $(BENCH_FLAGS)

format:
	@scripts/setup ci
	@scripts/cpp_files | xargs -d '\n' clang-format-14 -i

check-format:
	@scripts/setup ci
	@scripts/cpp_files | xargs -d '\n' clang-format-14 --dry-run -Werror

layers:
	@python3 scripts/check_layers.py

clean:
	@rm -rf build build-* demo-out
