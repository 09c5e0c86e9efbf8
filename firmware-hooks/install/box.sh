# shellcheck shell=sh
# What installing and removing come to on any box: install.sh and the packages' scripts begin with these functions.
# ROOT is "" for this system, or the folder that an image is being made in. DRY=1: say it, do nothing.

ROOT=${ROOT:-}
DRY=${DRY:-}
INIT=${INIT:-}
OWNER=lenscap
PROGRAM=lenscap-agent
OPT=/opt/lenscap
ETC=/etc/lenscap
STATE=/var/lib/lenscap
UNIT=$PROGRAM.service

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
# All that changes a box goes through here.
act() {
  if [ -n "$DRY" ]; then say "would: $*"; else "$@"; fi
}
is_this_system() { [ -z "$ROOT" ]; }
is_root() { [ "$(id -u)" = 0 ]; }

# systemd, procd, sysv or none.
init_of_box() {
  if [ -n "$INIT" ]; then say "$INIT"
  elif [ -d "$ROOT/run/systemd/system" ] || [ -x "$ROOT/lib/systemd/systemd" ]; then say systemd
  elif [ -x "$ROOT/sbin/procd" ]; then say procd
  elif [ -d "$ROOT/etc/init.d" ]; then say sysv
  else say none; fi
}

# --- the user -------------------------------------------------------------------------------------------------------

user_there() { grep -q "^$OWNER:" "$ROOT/etc/passwd" 2>/dev/null; }

free_id() {
  id=420
  while cut -d: -f3 "$ROOT/etc/passwd" "$ROOT/etc/group" 2>/dev/null | grep -qx "$id"; do id=$((id + 1)); done
  say "$id"
}

append() { printf '%s\n' "$2" >>"$1"; }

# For boxes without a tool for it, and for images, whose tools may be another CPU's.
append_user() {
  id=$(free_id)
  grep -q "^$OWNER:" "$ROOT/etc/group" 2>/dev/null || act append "$ROOT/etc/group" "$OWNER:x:$id:"
  gid=$(sed -n "s/^$OWNER:[^:]*:\([0-9]*\):.*/\1/p" "$ROOT/etc/group" 2>/dev/null)
  act append "$ROOT/etc/passwd" "$OWNER:x:$id:${gid:-$id}:Lenscap agent:$STATE:/bin/false"
  if [ -f "$ROOT/etc/shadow" ]; then act append "$ROOT/etc/shadow" "$OWNER:!:19000:0:99999:7:::"; fi
}

make_user() {
  if user_there; then return; fi
  if ! is_this_system; then
    if [ -w "$ROOT/etc/passwd" ]; then append_user; else say "no user $OWNER is made: $ROOT/etc/passwd is not there"; fi
  elif ! is_root; then say "no user $OWNER is made: that needs root"
  elif have useradd; then act useradd --system --user-group --no-create-home --home-dir "$STATE" --shell /bin/false "$OWNER"
  elif have adduser && adduser --help 2>&1 | grep -q BusyBox; then
    act addgroup -S "$OWNER"
    act adduser -S -D -H -h "$STATE" -s /bin/false -G "$OWNER" "$OWNER"
  else append_user; fi
}

remove_user() {
  user_there || return 0
  if is_this_system && have userdel && act userdel "$OWNER"; then :
  elif is_this_system && have deluser && act deluser "$OWNER"; then :
  else
    for file in passwd group shadow; do
      [ -f "$ROOT/etc/$file" ] || continue
      if [ -n "$DRY" ]; then say "would: take $OWNER out of $ROOT/etc/$file"; continue; fi
      grep -v "^$OWNER:" "$ROOT/etc/$file" >"$ROOT/etc/$file.lenscap" || true
      cat "$ROOT/etc/$file.lenscap" >"$ROOT/etc/$file"
      rm "$ROOT/etc/$file.lenscap"
    done
  fi
  # BusyBox' deluser leaves the group.
  if is_this_system && grep -q "^$OWNER:" /etc/group && have delgroup; then act delgroup "$OWNER" || true; fi
}

# --- folders --------------------------------------------------------------------------------------------------------

# folder MODE OWNER:GROUP PATH; the owner counts where the user is there and may be set.
folder() {
  [ -d "$ROOT$3" ] || act mkdir -p "$ROOT$3"
  act chmod "$1" "$ROOT$3"
  own "$2" "$ROOT$3"
}

own() {
  is_root && user_there || return 0
  ids=$(sed -n "s/^$OWNER:[^:]*:\([0-9]*\):\([0-9]*\):.*/\1 \2/p" "$ROOT/etc/passwd")
  uid=${ids% *} gid=${ids#* }
  case $1 in
    root:root) act chown -h 0:0 "$2" ;;
    root:"$OWNER") act chown -h "0:$gid" "$2" ;;
    *) act chown -hR "$uid:$gid" "$2" ;;
  esac
}

make_folders() {
  made=''
  [ -d "$ROOT/opt" ] || made=1
  folder 0755 root:root "$OPT"
  [ -z "$made" ] || act touch "$ROOT$OPT/made-opt"
  folder 0755 root:root "$OPT/slots"
  folder 0750 "root:$OWNER" "$ETC"
  folder 0755 root:root "$ETC/hooks.d"
  folder 0700 "$OWNER:$OWNER" "$STATE"
  if [ -f "$ROOT$ETC/agent.yaml" ]; then
    act chmod 0640 "$ROOT$ETC/agent.yaml"
    own "root:$OWNER" "$ROOT$ETC/agent.yaml"
  fi
}

# --- slots: the program lies in one of two, and "current" says which -------------------------------------------------

current_slot() {
  slot=$(readlink "$ROOT$OPT/current" 2>/dev/null) || slot=
  say "${slot##*/}"
}

# One rename: a power cut leaves the former or the new one. A BusyBox too old for "mv -T" does it in two steps.
switch_to() {
  act ln -sfn "slots/$1" "$ROOT$OPT/current.new"
  if [ -n "$DRY" ]; then say "would: mv -T $ROOT$OPT/current.new $ROOT$OPT/current"; return; fi
  mv -T "$ROOT$OPT/current.new" "$ROOT$OPT/current" 2>/dev/null || {
    rm -f "$ROOT$OPT/current.new"
    ln -sfn "slots/$1" "$ROOT$OPT/current"
  }
  sync
}

# --- the service ----------------------------------------------------------------------------------------------------

# Where the service manager looks; a package may have put it into its own place already.
make_service() {
  services=$ROOT$OPT/slots/$1/install/services
  case $(init_of_box) in
    systemd)
      if [ -f "$ROOT/lib/systemd/system/$UNIT" ] || [ -f "$ROOT/usr/lib/systemd/system/$UNIT" ]; then :
      else
        act mkdir -p "$ROOT/etc/systemd/system"
        act cp "$services/$UNIT" "$ROOT/etc/systemd/system/$UNIT"
      fi
      if is_this_system && [ -d /run/systemd/system ]; then act systemctl daemon-reload; fi
      enable_unit
      ;;
    procd)
      act cp "$services/$PROGRAM.procd" "$ROOT/etc/init.d/$PROGRAM"
      act chmod 0755 "$ROOT/etc/init.d/$PROGRAM"
      act ln -sf "../init.d/$PROGRAM" "$ROOT/etc/rc.d/S95$PROGRAM"
      act ln -sf "../init.d/$PROGRAM" "$ROOT/etc/rc.d/K05$PROGRAM"
      ;;
    sysv)
      act cp "$services/$PROGRAM.sysv" "$ROOT/etc/init.d/$PROGRAM"
      act chmod 0755 "$ROOT/etc/init.d/$PROGRAM"
      if is_this_system && have update-rc.d; then act update-rc.d "$PROGRAM" defaults
      elif [ -d "$ROOT/etc/rc2.d" ]; then
        for level in 2 3 4 5; do act ln -sf "../init.d/$PROGRAM" "$ROOT/etc/rc$level.d/S95$PROGRAM"; done
      else act ln -sf "$PROGRAM" "$ROOT/etc/init.d/S95$PROGRAM"; fi # BusyBox' rcS calls S??*
      ;;
    none) say "no service is made: start it yourself by  $PROGRAM run" ;;
  esac
}

# As "systemctl enable" does, which an image, and a system under another's kernel, can't be asked.
enable_unit() {
  act mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants"
  place=/lib/systemd/system
  [ ! -f "$ROOT/etc/systemd/system/$UNIT" ] || place=/etc/systemd/system
  act ln -sfn "$place/$UNIT" "$ROOT/etc/systemd/system/multi-user.target.wants/$UNIT"
}

service() {
  is_this_system || return 0
  case $(init_of_box) in
    systemd) [ ! -d /run/systemd/system ] || act systemctl "$1" "$UNIT" ;;
    procd | sysv) [ ! -x "/etc/init.d/$PROGRAM" ] || act "/etc/init.d/$PROGRAM" "$1" ;;
  esac
}

start_service() {
  if [ ! -f "$ROOT$ETC/agent.yaml" ]; then
    say "next: \"$PROGRAM setup\" finds the cameras and writes $ETC/agent.yaml; then restart the service"
  else service restart || say "the service does not start: see what \"$PROGRAM logs\" says"; fi
}

stop_service() { service stop || true; }

remove_service() {
  for path in "/etc/systemd/system/multi-user.target.wants/$UNIT" "/etc/systemd/system/$UNIT" "/etc/init.d/$PROGRAM" \
    "/etc/init.d/S95$PROGRAM" "/etc/rc.d/S95$PROGRAM" "/etc/rc.d/K05$PROGRAM" "/run/$PROGRAM.pid"; do
    if [ -e "$ROOT$path" ] || [ -L "$ROOT$path" ]; then act rm -f "$ROOT$path"; fi
  done
  for path in "$ROOT"/etc/rc[0-6S].d/[SK][0-9][0-9]"$PROGRAM"; do
    if [ -L "$path" ]; then act rm -f "$path"; fi
  done
  if is_this_system && [ -d /run/systemd/system ]; then act systemctl daemon-reload; fi
}

# --- removal --------------------------------------------------------------------------------------------------------

remove_program() {
  made=''
  [ ! -e "$ROOT$OPT/made-opt" ] || made=1
  act rm -rf "$ROOT$OPT"
  [ -z "$made" ] || act rmdir "$ROOT/opt" || true
  if [ -L "$ROOT/usr/bin/$PROGRAM" ]; then act rm -f "$ROOT/usr/bin/$PROGRAM"; fi
}

# All that this box knew: identity, grants, credentials, media, the configuration and its hooks.
purge() {
  act rm -rf "$ROOT$ETC" "$ROOT$STATE" "$ROOT/etc/systemd/system/$UNIT.d"
  remove_user
}
