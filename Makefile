# make install            build rlgym for this machine and install it; missing Debian packages are installed first
# make install PREFIX=~/x into ~/x/bin (left out: /usr/local, or ~/.local where that is not writable)
# make install NATIVE=0   for any machine of this architecture
# make uninstall          remove the installed binary
# make test               every test, after installing what is missing
# make quick              every test but those that hold learning to a result
# make example            build and test the example package, which adds a world of its own
# make docs               write the environments' documentation archive to .build/docs
# make bench              measure this machine, and the peers beside it whose Python packages are there
# make results            train every preset of the control worlds over ten seeds, and write the table of returns
# make bench-micro        measure the libraries' parts
# make format             format the sources in place
# make lint               check their format
# make showcase           train Runs/showcase anew
# make clean              remove what was built

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

ifeq ($(origin PREFIX),undefined)
  PREFIX := $(if $(shell test -w /usr/local/bin && echo yes),/usr/local,$(HOME)/.local)
endif
# A quoted ~ reaches make as it stands.
override PREFIX := $(patsubst ~/%,$(HOME)/%,$(PREFIX))
NATIVE ?= 1

# Vector instructions of this very machine; the results differ in the last places from those of other flags.
machine := $(if $(filter-out 0,$(NATIVE)),-Xswiftc -Xcc -Xswiftc -march=native)
build := swift build -c release --product rlgym $(machine)
# A folder of its own: a build with testable modules and one without would undo each other.
test := swift test -c release $(machine) -Xswiftc -enable-testing --scratch-path .build-test --disable-xctest
sources := Package.swift Sources Agents Environments Tests Benchmarks/Package.swift Benchmarks/Libraries Examples/Balloon

.PHONY: help install uninstall build test quick example docs bench results bench-micro format lint showcase clean packages toolchain python

help:
	@sed -n 's/^# make/make/p' Makefile

packages:
	@Scripts/packages.sh build

toolchain: packages
	@command -v swift >/dev/null || \
	  { echo "swift is not on the PATH; install Swift 6.3 or later from https://www.swift.org/install/linux" >&2; exit 1; }

build: toolchain
	$(build)

install: build
	install -d "$(PREFIX)/bin"
	install -m 755 "$$($(build) --show-bin-path)/rlgym" "$(PREFIX)/bin/rlgym"
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; *) \
	  echo "$(PREFIX)/bin is not on your PATH; add it with: export PATH=\"$(PREFIX)/bin:\$$PATH\"" ;; esac

uninstall:
	rm -f "$(PREFIX)/bin/rlgym"

# Tests that hold files against other people's readers take their Python from the virtual environment, where it is.
python = $(if $(wildcard .venv/bin/python),RLGYM_PYTHON="$(CURDIR)/.venv/bin/python")

python:
	@Scripts/python.sh

test: toolchain python
	@$(MAKE) --no-print-directory run-tests

quick: toolchain
	@$(MAKE) --no-print-directory run-tests only="--skip [.]LearningTests --skip OffPolicyLearningTests --skip PolicyGradientLearningTests"

.PHONY: run-tests
# What failed is said once more at the end: one line among thousands is not seen.
run-tests:
	@mkdir -p .build-test
	$(python) $(test) $(only) 2>&1 | tee .build-test/tests.log || \
	  { grep -a -A 4 'recorded an issue' .build-test/tests.log | grep -av '^◇\|^✔' >&2; exit 1; }

example: toolchain
	cd Examples/Balloon && swift test -c release -Xswiftc -enable-testing --disable-xctest

docs: build
	Scripts/docs.sh "$$($(build) --show-bin-path)/rlgym"

bench: build
	Benchmarks/bench.sh "$$($(build) --show-bin-path)/rlgym"

results: build
	python3 Benchmarks/results.py "$$($(build) --show-bin-path)/rlgym" --table Benchmarks/RESULTS.md

bench-micro: toolchain
	cd Benchmarks && env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE \
	  swift package -c release $(machine) benchmark --target Libraries --no-progress

format: toolchain
	swift format format --in-place --parallel --recursive $(sources)

lint: toolchain
	swift format lint --strict --parallel --recursive $(sources)

showcase: build
	Scripts/showcase.sh "$$($(build) --show-bin-path)/rlgym"

clean:
	rm -rf .build .build-test .venv Benchmarks/.build Examples/Balloon/.build
