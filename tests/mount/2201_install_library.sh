#!/bin/bash
# The installed library, in a prefix that was moved after the installation: examples/gather is built against it in three
# ways, and run on a mount.
# time-limit: 240
. "$(dirname "$0")/lib.sh"

need cmake pkg-config cc c++
build=$(dirname "$ZCTEST_BIN")
[[ -f $build/cmake_install.cmake ]] || skip "$ZCTEST_BIN is not in a build folder"
example=$here/../../examples/gather
# Who links a library that was built with sanitizers needs them, too.
sanitize=$(sed -n 's/^ZONECOPY_SANITIZE:[A-Z]*=//p' "$build/CMakeCache.txt")
flags=${sanitize:+-fsanitize=$sanitize}

cmake --install "$build" --prefix "$tmp/first" >/dev/null || fail "cmake --install"
prefix=$tmp/moved
mv "$tmp/first" "$prefix"
lib=$(dirname "$(find "$prefix" -name libzonecopy.so)")
is "the name that programs ask for" "$(readlink "$lib/libzonecopy.so")" libzonecopy.so.0
is "nothing tells of the first place" "$(grep -rlI "$tmp/first" "$prefix")" ""

make_and_mount
blocks 16 "$tmp/data"
dd if="$tmp/data" of="$mnt/seq/1" bs=64k oflag=direct status=none
# gathers WHAT PROGRAM...: of zone 1 to the end of zone 2.
before=0
gathers() {
  local what=$1 length=$((before + 12288))
  shift
  ok "$@" "$mnt/seq/2" "$mnt/seq/1" 8192 8192 "$mnt/seq/1" 40960 4096
  is "$what: told" "$(cut -d , -f 1 "$tmp/out")" "12288 bytes at $before"
  is "$what: size" "$(size "$mnt/seq/2")" "$length"
  { tail -c +8193 "$tmp/data" | head -c 8192; tail -c +40961 "$tmp/data" | head -c 4096; } >"$tmp/expected"
  tail -c +$((before + 1)) "$mnt/seq/2" >"$tmp/got"
  same "$tmp/expected" "$tmp/got"
  before=$length
}

for static in OFF ON; do
  cmake -S "$example" -B "build_$static" -DCMAKE_PREFIX_PATH="$prefix" -DGATHER_STATIC=$static \
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" >told 2>&1 &&
    cmake --build "build_$static" >>told 2>&1 || { fail "find_package, static $static: $(tail -20 told)"; continue; }
  for program in gather gather_cpp; do gathers "find_package, static $static, $program" "build_$static/$program"; done
done
is "find_package links" "$(readelf -d build_OFF/gather | grep -c 'NEEDED.*libzonecopy.so.0')" 1
is "find_package links no fmt" "$(readelf -d build_OFF/gather_cpp | grep -c 'NEEDED.*fmt')" 0
is "find_package links statically" "$(readelf -d build_ON/gather | grep -c 'NEEDED.*libzonecopy')" 0

export PKG_CONFIG_PATH=$lib/pkgconfig
# shellcheck disable=SC2046,SC2086  # lists of options
cc -std=c99 -pedantic -Wall -Wextra -Werror $flags "$example/gather.c" $(pkg-config --cflags --libs zonecopy) -o gather_pc ||
  fail "pkg-config"
gathers "pkg-config" env LD_LIBRARY_PATH="$lib" ./gather_pc
# shellcheck disable=SC2046,SC2086  # lists of options
cc -std=c99 $flags "$example/gather.c" $(pkg-config --static --cflags --libs zonecopy | sed 's/-lzonecopy/-l:libzonecopy.a/') \
  -o gather_static || fail "pkg-config --static"
gathers "pkg-config --static" ./gather_static
is "versions" "$(pkg-config --modversion zonecopy)" "$(sed -n 's/^set(PACKAGE_VERSION "\(.*\)").*/\1/p' "$lib/cmake/zonecopy/zonecopy-config-version.cmake")"

# What the packages are asked for and do not have.
mkdir asks
asks() {
  printf 'cmake_minimum_required(VERSION 3.20)\nproject(asks LANGUAGES %s)\nfind_package(zonecopy %s)\n' "$1" "$2" >asks/CMakeLists.txt
  cmake -S asks -B asks/build -DCMAKE_PREFIX_PATH="$prefix"
}
ok asks C "0.1 REQUIRED"
refuses any "compatible with requested version" asks CXX "0.2 REQUIRED"
refuses any "no component shared" asks CXX "REQUIRED COMPONENTS shared"

# The programs that name no library of ours go on without it.
is "zonecopy links no libzonecopy" "$(readelf -d "$prefix/bin/zonecopy" | grep -c 'NEEDED.*libzonecopy')" 0
