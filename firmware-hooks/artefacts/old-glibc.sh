#!/bin/sh
# Compiles the database addon for boxes with an old C library: the one in its package asks for glibc 2.34, this for 2.29.
# Its sources come from the package, headers and libraries from Debian 11, the compiler is this machine's (Debian's
# g++-12, for another CPU g++-12-aarch64-linux-gnu or g++-12-arm-linux-gnueabihf).
# Usage: old-glibc.sh x64|arm64|arm OUT.node    What was fetched is kept beside OUT.
set -eu

case ${1:-} in
  x64) arch=amd64 machine=x86_64-linux-gnu ;;
  arm64) arch=arm64 machine=aarch64-linux-gnu ;;
  arm) arch=armhf machine=arm-linux-gnueabihf ;;
  *) echo "usage: $0 x64|arm64|arm OUT.node" >&2; exit 2 ;;
esac
out=$2
here=$(cd -- "$(dirname -- "$0")" && pwd)
packages=$here/../../node_modules
node_headers=$packages/node-linux-$(uname -m | sed -e s/x86_64/x64/ -e s/aarch64/arm64/)/include/node
sysroot=$(cd -- "$(dirname -- "$out")" && pwd)/debian-11-$arch
command -v "$machine-g++-12" >/dev/null || { echo "$machine-g++-12 is missing: install it, or build without --old-glibc" >&2; exit 1; }

if [ ! -e "$sysroot.there" ]; then
  sh "$here/debian.sh" bullseye "$arch" "$sysroot" libc6 libc6-dev libcrypt1 libcrypt-dev linux-libc-dev libgcc-s1 \
    libgcc-10-dev libstdc++6 libstdc++-10-dev
  : >"$sysroot.there"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sqlite=$packages/better-sqlite3
gcc=$sysroot/usr/lib/gcc/$machine/10
usr=$sysroot/usr/lib/$machine
compile="--sysroot=$sysroot -nostdinc -O2 -DNDEBUG -fPIC -fvisibility=hidden -w -ffile-prefix-map=$packages=."
system="-isystem $("$machine-gcc-12" -print-file-name=include) -isystem $sysroot/usr/include/$machine -isystem $sysroot/usr/include"
# As the package's own build has them.
options=$(sed -n "s/^ *'\(SQLITE_[^']*\|HAVE_[^']*\)',\$/-D\1/p" "$sqlite/deps/defines.gypi")
# shellcheck disable=SC2086 # lists of flags
"$machine-gcc-12" $compile $system -std=c99 $options -c "$sqlite/deps/sqlite3/sqlite3.c" -o "$work/sqlite3.o"
# shellcheck disable=SC2086
"$machine-g++-12" $compile -isystem "$sysroot/usr/include/c++/10" -isystem "$sysroot/usr/include/$machine/c++/10" \
  $system -std=c++20 -fvisibility-inlines-hidden -DNAPI_VERSION=10 -DNAPI_DISABLE_CPP_EXCEPTIONS \
  -DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS -DBUILDING_NODE_EXTENSION -I"$node_headers" \
  -I"$packages/node-addon-api" -I"$sqlite/deps/sqlite3" -c "$sqlite/src/better_sqlite3.cpp" -o "$work/better_sqlite3.o"
# Everything by name: a compiler for this machine would otherwise take this machine's own C library.
"$machine-g++-12" --sysroot="$sysroot" -nostdlib -shared -Wl,-Bsymbolic -Wl,-s -Wl,--build-id=none \
  -L"$gcc" -L"$sysroot/lib/$machine" -L"$usr" -o "$out" "$usr/crti.o" "$gcc/crtbeginS.o" \
  "$work/better_sqlite3.o" "$work/sqlite3.o" -lstdc++ -lm -lpthread -ldl -lgcc -lgcc_s -lc -lgcc "$gcc/crtendS.o" "$usr/crtn.o"
