#!/bin/sh
# Called as root before each start of the agent. Someone may have called "lenscap-agent setup" as root, and a box may
# have lost what it keeps in memory: folders and files are the agent's user's again.
set -eu
# shellcheck source=box.sh disable=SC1091
. "$(dirname -- "$0")/box.sh"
make_folders
