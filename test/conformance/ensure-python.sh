#!/bin/sh
# Prints the path of a Python 3 that has lxml, installing lxml where that is allowed, or says what to install.
set -eu

DIR=${1:?"usage: ensure-python.sh DIR, where DIR may hold a Python environment"}

found() {
  for python in "${PYTHON:-}" "$DIR/bin/python3" python3 /usr/bin/python3; do
    [ -n "$python" ] && "$python" -c 'import lxml.etree' >/dev/null 2>&1 && command -v "$python" && return 0
  done
  return 1
}

found && exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "Installing python3-lxml for the conformance check (once) ..." >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-lxml; } >/dev/null 2>&1 || true
  found && exit 0
fi

if command -v python3 >/dev/null 2>&1; then
  echo "Fetching lxml for the conformance check (once) ..." >&2
  { python3 -m venv "$DIR" && "$DIR/bin/python3" -m pip install --quiet lxml; } >/dev/null 2>&1 || true
  found && exit 0
fi

echo "The conformance check needs Python 3 with lxml, which was not found." >&2
echo "Install it (Debian, Ubuntu: sudo apt-get install python3-lxml) or name one: PYTHON=/path/to/python3" >&2
exit 1
