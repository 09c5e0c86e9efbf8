#!/bin/sh
# Unpacks Debian packages of any release and CPU into a folder, beside this system and without touching its package lists.
# Usage: debian.sh RELEASE ARCHITECTURE FOLDER PACKAGE...    Prints what it took, "package version" a line.
set -eu

release=$1 arch=$2 folder=$3
shift 3
for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: build this on Debian, or on what descends from it" >&2; exit 1; }
done
apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$folder"
: >"$apt/status"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# Where this system gets its own packages from, unless another mirror is named.
# shellcheck disable=SC2016 # apt's own variable
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' | head -n 1)}
[ -n "$mirror" ] || { echo "run apt-get update first, or name a mirror by DEBIAN_MIRROR" >&2; exit 1; }
echo "deb [signed-by=$keyring] $mirror $release main" >"$apt/sources.list"
get() {
  apt-get -qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache" \
    -o "APT::Architecture=$arch" -o "APT::Architectures=$arch" -o "APT::Sandbox::User=$(id -un)" "$@"
}
get update >&2
(cd "$apt" && get download "$@" >&2)
for package in "$apt"/*.deb; do
  dpkg-deb -x "$package" "$folder"
  dpkg-deb -f "$package" Package Version | sed 's/^[A-Za-z]*: //' | paste -sd ' '
done
# Links such as /lib/libm.so.6 are meant inside.
find "$folder" -type l -lname '/*' | while read -r link; do ln -sfn "$folder$(readlink "$link")" "$link"; done
