# The commands of this package. Each installs what it needs first (scripts/bootstrap), and builds.
#
#   make demo [KILL=1] [PHOTOS=folder] [STORE=url]   a web component and a worker component at work, for real;
#                                                    STORE=redis://host for a Redis that is there already
#   make app [PORT=8080] [SMTP_URL=smtp://host]      the same as an app of components: offstage up, and a browser
#   make test                                        all tests but the long ones, in under ten minutes on two cores
#   make test-all                                    the long ones too, the thread sanitizer, and the style
#   make test-threads                                the thread sanitizer on core, worker and SQLite store
#   make build | bench | format | lint

SWIFT ?= swift
BENCH_ARGS ?= --jobs 200000
SWIFT_FOLDERS = Package.swift Sources Tests Examples Benchmarks

.PHONY: help demo app test test-all test-threads build bench format lint bootstrap bootstrap-demo bootstrap-tests

help:
	@sed -n 's/^#   //p' Makefile

bootstrap:
	@scripts/bootstrap

bootstrap-demo:
	@scripts/bootstrap --demo

bootstrap-tests:
	@scripts/bootstrap --tests

build: bootstrap
	$(SWIFT) build

demo: bootstrap-demo
	$(SWIFT) build -c release --product offstage
	$(SWIFT) build -c release --product offstage-demo
	@exec "$$($(SWIFT) build -c release --show-bin-path)/offstage-demo" \
	    $(if $(filter-out 0 no,$(KILL)),--kill) $(if $(PHOTOS),--photos "$$PHOTOS") $(if $(STORE),--store "$$STORE")

app: bootstrap-demo
	$(SWIFT) build -c release --product offstage
	$(SWIFT) build -c release --product offstage-example
	@SWIFT='$(SWIFT)' exec scripts/app

test: bootstrap-tests
	$(SWIFT) build --build-tests
	@SWIFT='$(SWIFT)' scripts/test

test-all: bootstrap-tests lint test-threads
	$(SWIFT) build --build-tests
	@SWIFT='$(SWIFT)' OFFSTAGE_TEST_ALL=1 scripts/test

test-threads: bootstrap
	@SWIFT='$(SWIFT)' scripts/test-threads

bench: bootstrap
	$(SWIFT) build -c release --product offstage
	@exec "$$($(SWIFT) build -c release --show-bin-path)/offstage" bench $(BENCH_ARGS)

format: bootstrap
	$(SWIFT) format format --in-place --parallel --recursive $(SWIFT_FOLDERS)

lint: bootstrap
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_FOLDERS)
