# Lenscap's commands. `make help` lists them.
# Each fetches what it needs: a fresh machine needs git, make, and Node 20 or newer with npm.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The programs run on Node 24. Where the machine's own is older, the one that the npm package carries is used.
ARCH := $(shell uname -m | sed -e s/x86_64/x64/ -e s/aarch64/arm64/)
NODE_DIR = $(shell if node -e 'process.exit(process.versions.node.split(".")[0] >= 24 ? 0 : 1)' 2>/dev/null; \
	then dirname "$$(command -v node)"; else echo "$(CURDIR)/node_modules/node-linux-$(ARCH)/bin"; fi)
RUN = PATH="$(NODE_DIR):$(CURDIR)/node_modules/.bin:$$PATH"

DEPS := node_modules/.installed
SOURCES := $(shell find agent cloud-bridge firmware-hooks simulator test -type f ! -name '*.md' 2>/dev/null)
TESTS := 'agent/**/*.test.ts' 'cloud-bridge/**/*.test.ts' 'firmware-hooks/**/*.test.ts' 'simulator/**/*.test.ts' 'test/**/*.test.ts'

.PHONY: help demo simulator test check build dist bench bench-quick faults leak install-life streams conformance docs deps browser clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

demo: build/.built ## Simulated cameras, an agent, a bridge and its console
	@# The trap: a Ctrl-C is the demo's to handle, not a failure of its shell.
	@trap : INT; $(RUN) node test/demo/main.ts $(ARGS)

simulator: build/.built ## Simulated cameras alone, with a control page
	@trap : INT; $(RUN) build/bin/lenscap-simulator run --control-port 8490 $(ARGS)

test: build/.built browser ## All tests: units, components together, real browser
	@$(RUN) node --test --test-reporter=spec $(TESTS)

check: $(DEPS) ## Format, lint, types, rules between rooms, dead code, style
	@$(RUN) biome check --error-on-warnings .
	@$(RUN) tsc -p .
	@$(RUN) tsc -p cloud-bridge/console
	@$(RUN) depcruise --config .dependency-cruiser.cjs --output-type err agent cloud-bridge firmware-hooks simulator test
	@$(RUN) knip
	@$(RUN) node --test --test-reporter=spec test/style/style.ts

build: build/.built ## The programs, in build/bin

dist: $(DEPS) ## The agent as one file, .deb and .ipk, in build/dist
	@$(RUN) node firmware-hooks/artefacts/dist.ts $(ARGS)

bench: build/.built ## Figures beside peers and limits; build/bench.json
	@$(RUN) node test/bench/main.ts $(ARGS)

bench-quick: build/.built ## The same in a minute, less exact
	@$(RUN) node test/bench/main.ts --quick $(ARGS)

faults: build/.built ## The long suites: kills, outages, hostile replies
	@$(RUN) node test/suites/main.ts $(ARGS)

leak: build/.built ## What leaves the house, packet by packet; needs root
	@sh test/leak/ensure-tools.sh
	@$(RUN) node test/leak/main.ts

install-life: $(DEPS) ## Install, upgrade, remove the packages on a copy of this system; needs root
	@$(RUN) node test/install/main.ts

streams: $(DEPS) ## Every simulated stream in two players; ARGS="--seconds 60"
	@sh test/streams/ensure-players.sh
	@$(RUN) node test/streams/main.ts $(ARGS)

conformance: $(DEPS) ## The simulator against ONVIF's schemas; ARGS=FOLDER
	@$(RUN) node test/conformance/conformance.ts $(ARGS)

docs: build/.built browser ## The pictures in docs/images
	@$(RUN) node test/browser/pictures.ts

clean: ## Remove what was made, but not the fetched packages
	@rm -rf build

deps: $(DEPS)

$(DEPS): package-lock.json package.json .npmrc
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer with npm, then run this again." >&2; exit 1; }
	@echo "Fetching packages (about a minute, once) ..."
	@# Not "npm ci": it demands from the registry the native packages of every other platform as well, and mirrors often lack some.
	@npm install --no-save --loglevel=error
	@touch $@

build/.built: $(DEPS) $(SOURCES) package.json
	@echo "Building ..."
	@$(RUN) vite build --config cloud-bridge/console/vite.config.ts --logLevel warn
	@$(RUN) node firmware-hooks/artefacts/programs.ts
	@touch $@

# The browser tests need Chromium: taken from CHROMIUM or the PATH, installed where that is allowed.
browser:
	@sh test/browser/ensure-chromium.sh
