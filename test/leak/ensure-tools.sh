#!/bin/sh
# Makes sure that there is what the leak test captures and connects with, or says what to install.
set -eu

found() {
  command -v tcpdump >/dev/null 2>&1 && command -v ip >/dev/null 2>&1 && command -v unshare >/dev/null 2>&1
}

PATH="$PATH:/usr/sbin:/sbin"
found && exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "Installing tcpdump and iproute2 for the leak test (once) ..."
  apt-get update -qq -o Acquire::Retries=3 >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Acquire::Retries=3 --no-install-recommends tcpdump iproute2 util-linux >/dev/null
  found && exit 0
fi

echo "The leak test needs tcpdump, ip and unshare, which were not found." >&2
echo "Install them (Debian, Ubuntu: sudo apt-get install tcpdump iproute2 util-linux)" >&2
exit 1
