#!/bin/sh
# Installs the agent on a box, or into an image: puts the program beside the former one, gives it a user, folders and a
# service, and switches over. It downloads nothing: all of it lies beside this file.
set -eu

here=$(cd -- "$(dirname -- "$0")" && pwd)

usage() {
  cat <<'TEXT'
usage: install.sh [install|uninstall] [options]

  install          (also for an upgrade: configuration, identity and records stay as they are)
    --provision FILE   the configuration for all boxes alike; holds no password, and no box's identity
    --no-start         do not start the service
    --offline          ask no network at all: leaves out the look at bridge and cameras at the end
  uninstall        removes the program, its service and its links
    --purge            also configuration, identity, records, media and the user: nothing is left

  --prefix DIR     work below DIR, as for an image that is being made; nothing is started
  --init NAME      systemd, procd, sysv or none; found out where it is not given
  --dry-run        say what would be done, and do nothing
TEXT
}

command=install provision='' start=1 offline='' purging=''
while [ $# -gt 0 ]; do
  case $1 in
    install | uninstall) command=$1 ;;
    --prefix) ROOT=${2:?--prefix needs a folder}; shift ;;
    --init) INIT=${2:?--init needs a name}; shift ;;
    --provision) provision=${2:?--provision needs a file}; shift ;;
    --dry-run) DRY=1 ;;
    --offline) offline=1 ;;
    --no-start) start='' ;;
    --purge) purging=1 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
case ${INIT:-} in '' | systemd | procd | sysv | none) ;; *) usage >&2; exit 2 ;; esac
if [ -n "${ROOT:-}" ]; then
  [ -d "$ROOT" ] || { echo "there is no folder $ROOT" >&2; exit 1; }
  ROOT=$(cd -- "$ROOT" && pwd)
  [ "$ROOT" != / ] || ROOT=
fi
# shellcheck source=box.sh disable=SC1091
. "$here/box.sh"

if is_this_system && ! is_root && [ -z "$DRY" ]; then fail "installing needs root; --dry-run shows what would be done"; fi

# A password in a file for fifty boxes is a password that fifty boxes share.
check_provision() {
  [ -r "$1" ] || fail "can't read $1"
  if sed 's/#.*//' "$1" | grep -Eq "(^|[^A-Za-z])[\"']?(password|passwordFile|keyFile|token)[\"']?[[:space:]]*:"; then
    fail "$1 names a password or a key: enter it on each box by \"$PROGRAM credentials add\", and take it out of the file"
  fi
  # Where this machine can run the program, it says what is wrong with the line.
  if "$here/../bin/$PROGRAM" --version >/dev/null 2>&1; then
    "$here/../bin/$PROGRAM" config check --config "$1" >/dev/null || fail "nothing was changed: mend $1 first"
  fi
}

do_install() {
  [ -f "$here/../bin/$PROGRAM" ] || fail "$here/../bin/$PROGRAM is missing: unpack the whole archive, and call it from there"
  version=$(cat "$here/../VERSION")
  [ -z "$provision" ] || check_provision "$provision"
  was=$(current_slot)
  slot=a
  if [ "$was" = a ]; then slot=b; fi
  say "Lenscap agent $version, into ${ROOT:-this system}, slot $slot${was:+, beside $was}"
  make_user
  make_folders
  # The slot in use stays whole until all of the new one is on disk.
  act rm -rf "$ROOT$OPT/slots/$slot"
  act cp -R "$here/.." "$ROOT$OPT/slots/$slot"
  act chmod -R u=rwX,go=rX "$ROOT$OPT/slots/$slot"
  if is_root; then act chown -R 0:0 "$ROOT$OPT/slots/$slot"; fi
  act sync
  switch_to "$slot"
  act mkdir -p "$ROOT/usr/bin"
  act ln -sfn "$OPT/current/bin/$PROGRAM" "$ROOT/usr/bin/$PROGRAM"
  if [ -n "$provision" ]; then
    if [ -e "$ROOT$ETC/agent.yaml" ]; then say "$ETC/agent.yaml is there, and stays as it is"
    else
      act cp "$provision" "$ROOT$ETC/agent.yaml"
      act chmod 0640 "$ROOT$ETC/agent.yaml"
      own "root:$OWNER" "$ROOT$ETC/agent.yaml"
    fi
  fi
  make_service "$slot"
  if [ -z "$start" ] || ! is_this_system; then return; fi
  start_service
  if [ -z "$offline$DRY" ] && [ -f "$ETC/agent.yaml" ]; then "$OPT/current/bin/$PROGRAM" doctor || true; fi
}

do_uninstall() {
  stop_service
  remove_service
  remove_program
  if [ -n "$purging" ]; then purge
  elif [ -d "$ROOT$STATE" ] || [ -d "$ROOT$ETC" ]; then say "$ETC and $STATE stay; \"uninstall --purge\" removes them"; fi
}

if [ "$command" = install ]; then do_install; else do_uninstall; fi
