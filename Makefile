# tocsin. `make` alone shows what there is.
#
# What `make test` takes on two cores with empty caches: on a good day, and on a slow machine whose speed swings by half. Each step prints
# its time at the end of a run.
#   step     seconds      what
#   format    60 to 200   gofumpt, go vet, go mod tidy, go fix: nothing to do
#   lint      20 to 140   golangci-lint, the tool itself built from source (3 s when nothing changed)
#   unit     220 to 580   all tests without servers
#   race     400 to 550   what runs beside something else, with the race detector, shuffled, -short
#   rules      5 to 20    the shipped rules' own tests, by the tocsin command
#   plain    270 to 380   the tests that ask for real servers, on Kafka and Elasticsearch (start 20 s)
#   secure   100 to 160   the same over TLS with passwords and the least privilege (start 25 s)
# .ci/run, which installs what is missing first, is to take less than 30 minutes.
# What does not fit goes to `make test-long`.

.DEFAULT_GOAL := help
.PHONY: help build test test-long race lint fix fmt bench bench-diff bench-path bench-ways bench-rules bench-correlate bench-guard profile bench-quality chaos outage pictures fuzz stack stack-down stack-status cover check-docs deadcode clean

GOFUMPT := go tool -modfile=tools/check/go.mod gofumpt
BENCHSTAT := go tool -modfile=tools/check/go.mod benchstat
DEADCODE := go tool -modfile=tools/check/go.mod deadcode
GOLANGCI := go tool -modfile=tools/golangci-lint/go.mod golangci-lint
BENCH ?= .
FUZZ_TIME ?= 30s

help: ## Show these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build bin/tocsin, static
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/tocsin

test: ## Run every test, on real servers that it starts and ends itself; less than half an hour on two cores of a usual machine
	@deploy/ci/test

test-long: ## Run what takes longer: other versions, three brokers, a million properties, race detector on real servers, fuzzing
	@FUZZ_TIME=$(FUZZ_TIME) deploy/ci/test versions properties long

race: ## Run the tests without servers under the race detector
	@deploy/ci/test race

lint: ## Check the format and run golangci-lint (a minute to build it the first time)
	@deploy/ci/test format lint

deadcode: ## List functions that no command and no test reaches
	$(DEADCODE) -test ./...

fix: ## Apply go fix, go mod tidy and what golangci-lint can repair
	go fix ./...
	go mod tidy
	$(GOLANGCI) run --fix ./...

fmt: ## Format all Go files
	$(GOFUMPT) -w .

bench: ## Run the benchmarks (BENCH=regexp) and keep the figures in bench.out
	go test -run '^$$' -bench '$(BENCH)' -benchmem -count=6 ./... | tee bench.out

bench-diff: ## Compare bench.out with an earlier bench.old.out
	$(BENCHSTAT) bench.old.out bench.out

bench-path: ## Measure the whole path beside its ceilings; Kafka to Elasticsearch too where the stack runs
	@set -a; test ! -e .stack/env || . .stack/env; go run ./bench/path

bench-ways: ## Measure the ways in up to the decoder beside plain readers of the same protocols
	go test -run '^$$' -bench Way -benchtime 5x ./ingest/syslog ./ingest/http ./ingest/file ./ingest/elastic

bench-rules: ## Measure matching beside rsigma: RULES=folder EVENTS=file
	@go run ./bench/rules -rules '$(RULES)' -events '$(EVENTS)'

bench-correlate: ## Measure correlation beside Siddhi and Esper, which it fetches
	@go run ./bench/correlate

bench-quality: ## Measure what the shipped rules find in recorded campaigns: DATA=folder SCORE=program BASELINE=program
	@go run ./bench/quality -data '$(DATA)' -score '$(SCORE)' -baseline '$(BASELINE)'

profile: ## Renew the profile that the daemon is built with: RULES=folder EVENTS=file
	@bench/profile '$(RULES)' '$(EVENTS)'

bench-guard: ## Print what an alert costs beside the last accepted run (bench/results); ACCEPT=1 accepts this one
	@go run ./bench/guard $(if $(ACCEPT),-accept)

chaos: ## Kill what runs and compare with a replay: SEED=n KILLS=20 BROKERS=1
	@go run ./bench/chaos $(if $(SEED),-seed $(SEED)) -kills $(or $(KILLS),20) -brokers $(or $(BROKERS),1)

outage: ## Elasticsearch, a broker and each daemon away in turn, and what is promised of that: SEED=n AWAY=10m
	@go run ./bench/chaos $(if $(SEED),-seed $(SEED)) -outage $(or $(AWAY),10m)

pictures: ## Take pictures of the console's pages, light and dark, on a desk and a phone, into pictures/
	mkdir -p pictures && TOCSIN_TEST_PICTURES=$(CURDIR)/pictures go test -count=1 ./internal/web -run 'TestBrowser$$|TestBrowserWork|TestBrowserBarriers'

fuzz: ## Fuzz each target for FUZZ_TIME
	deploy/ci/fuzz $(FUZZ_TIME)

stack: ## Start a real Kafka and Elasticsearch on loopback (docs/servers.md)
	@deploy/stack/up

stack-down: ## End them
	@deploy/stack/down

stack-status: ## Tell which of them run
	@deploy/stack/status

cover: ## Write coverage.html and print the total
	go test -short -coverpkg=./... -coverprofile=coverage.out ./...
	go tool cover -html=coverage.out -o coverage.html
	go tool cover -func=coverage.out | tail -n 1

check-docs: ## Check that what the documents name exists
	go test -count=1 -run 'TestDocs' .

clean: ## Remove what was built
	rm -rf bin bench.out coverage.out coverage.html
