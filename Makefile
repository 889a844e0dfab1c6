SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := all

# What takes time to build is kept here, outside of the tree.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kernia
LINT_VERSION := v2.15.0
LINT := $(CACHE)/golangci-lint-$(LINT_VERSION)

MODULES = go list -m -f '{{.Dir}}'
SERVERS = go run ./tools/servers
BENCH ?= .
COUNT ?= 1
FUZZ ?= Fuzz
FUZZTIME ?= 10s

.PHONY: all help test lint fmt tidy bench fuzz breaks evenness e2e pack new feature store transport

all: test lint ## test and lint: the one command to know

help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

test: ## all tests of all modules, against the servers that they need
	$(SERVERS) -mongo -browser -- go test -race -timeout 40m work

e2e: ## only the tests with the JavaScript client and a browser
	cd e2e && go run ../tools/servers -mongo -browser -- go test -v -timeout 40m ./...

lint: $(LINT) ## the linter, once for each module
	@failed=; for dir in $$($(MODULES)); do \
		echo "lint $${dir#$(CURDIR)/}"; (cd "$$dir" && $(LINT) run ./...) || failed=1; \
	done; test -z "$$failed"

fmt: $(LINT) ## format all Go
	@for dir in $$($(MODULES)); do (cd "$$dir" && $(LINT) fmt ./...); done

# go mod tidy ignores go.work, and no version of these modules is published yet: replacements stand in for the time.
tidy: ## go.mod and go.sum of every module
	@for dir in $$($(MODULES)); do \
		echo "tidy $${dir#$(CURDIR)/}"; \
		(cd "$$dir"; go list -m -f '-replace={{.Path}}={{.Dir}}' | xargs go mod edit; \
		GOWORK=off go mod tidy; failed=$$?; \
		go list -m -f '-dropreplace={{.Path}}' | xargs go mod edit; exit $$failed); \
	done

bench: ## benchmarks; BENCH=pattern COUNT=n
	$(SERVERS) -- go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) -timeout 40m work

fuzz: ## every fuzz target for FUZZTIME (10s) each; FUZZ=pattern
	@for dir in $$($(MODULES)); do \
		{ grep -rhoHE --include='*_test.go' '^func $(FUZZ)[A-Za-z0-9_]*' "$$dir" || true; } | sed 's/:func / /' | \
		while read -r file target; do \
			echo "fuzz $$target in $${file#$(CURDIR)/}"; \
			(cd "$$(dirname "$$file")" && go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -timeout 40m .); \
		done; \
	done

evenness: ## whether the time of an answer tells who has an account
	go run ./tools/evenness

breaks: ## break each promise on purpose and see its test fail; ID=A05 for one
	$(SERVERS) -mongo -- go run ./tools/breaks $(ID)

new: ## begin a folder: make new feature NAME=x, make new store NAME=x, make new transport NAME=x
	@go run ./tools/new $(filter feature store transport,$(MAKECMDGOALS)) $(NAME)

# In "make new store NAME=x" both words are goals; the second one only says what is new.
feature store transport: new
	@:

pack: ## all modules as a module proxy in dist/proxy
	go run ./tools/release pack -o dist/proxy

# Built in a module of its own, since its dependencies are nobody else's.
$(LINT):
	@echo "building golangci-lint $(LINT_VERSION), once, which takes some minutes"
	@mkdir -p $(CACHE); dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; cd "$$dir"; export GOWORK=off; \
	go mod init lint 2>/dev/null; \
	go get -tool github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION) 2>/dev/null; \
	go build -o "$@.new" github.com/golangci/golangci-lint/v2/cmd/golangci-lint; mv "$@.new" "$@"
