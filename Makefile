# Lenscap's commands. `make help` lists them.
# Each fetches what it needs: a fresh machine needs git, make, and Node 20 or newer with npm.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The programs run on Node 24. Where the machine's own is older, the one that the npm package carries is used.
ARCH := $(shell uname -m | sed -e s/x86_64/x64/ -e s/aarch64/arm64/)
NODE_DIR = $(shell if node -e 'process.exit(process.versions.node.split(".")[0] >= 24 ? 0 : 1)' 2>/dev/null; \
	then dirname "$$(command -v node)"; else echo "$(CURDIR)/node_modules/node-linux-$(ARCH)/bin"; fi)
RUN = PATH="$(NODE_DIR):$(CURDIR)/node_modules/.bin:$$PATH"

DEPS := node_modules/.installed

.PHONY: help deps
help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(DEPS): package-lock.json package.json .npmrc
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer with npm, then run this again." >&2; exit 1; }
	@echo "Fetching packages (about a minute, once) ..."
	@# Not "npm ci": it demands from the registry the native packages of every other platform as well, and mirrors often lack some.
	@npm install --no-save --loglevel=error
	@touch $@

deps: $(DEPS)
