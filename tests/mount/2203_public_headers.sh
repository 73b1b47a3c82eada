#!/bin/bash
# Every public header is installed, and compiles alone from there: those of C as C99 and as C++, too.
# time-limit: 240
. "$(dirname "$0")/lib.sh"

need cmake cc c++
build=$(dirname "$ZCTEST_BIN")
[[ -f $build/cmake_install.cmake ]] || skip "$ZCTEST_BIN is not in a build folder"
cmake --install "$build" --prefix "$tmp/prefix" >/dev/null || fail "cmake --install"
include=$tmp/prefix/include
is "the headers" "$(cd "$include/zonecopy" && LC_ALL=C echo *)" "$(cd "$here/../../include/zonecopy" && LC_ALL=C echo *)"

# compiles WHAT COMPILER OPTIONS...: of a file that includes $header and nothing else. Twice, which its guard has to take.
compiles() {
  local what=$1
  shift
  printf '#include <zonecopy/%s>\n' "$header" "$header" >alone
  "$@" -pedantic -Wall -Wextra -Werror -I "$include" -fsyntax-only alone >told 2>&1 || fail "$header as $what: $(head -5 told)"
}

for header in $(cd "$include/zonecopy" && echo *); do
  compiles "C++20" c++ -std=c++20 -x c++
done
for header in ioctl.h zonecopy.h; do
  compiles "C99" cc -std=c99 -x c
  compiles "C17" cc -std=c17 -x c
  compiles "C++11" c++ -std=c++11 -x c++
done
