#!/bin/bash
# Builds tell how far they have come: on a terminal in one line, elsewhere in ten; what failed is shown. With a cmake of our
# own, for what is tested is what a person sees of it.
. "$(dirname "$0")/lib.sh"

need script
mkdir fake
cat >fake/cmake <<'END_CMAKE'
#!/bin/bash
if [[ $1 == --preset ]]; then echo "-- Configuring done"; exit 0; fi
for ((i = 1; i <= 40; i++)); do echo "[$i/40] Building CXX object $i.o"; done
if [[ " $* " == *" broken "* ]]; then printf 'FAILED: x.o\nx.cpp:1: what is wrong\n'; exit 1; fi
END_CMAKE
chmod +x fake/cmake
cat >go <<END_GO
set -euo pipefail
PATH=$tmp/fake:\$PATH
. "$here/../../tools/build_preset"
build_preset release "\$@"
END_GO

bash go --target all >told 2>err || fail "a good build fails"
is "lines" "$(wc -l <told)" 11
is "the first" "$(head -n 1 told)" "  built 1 of 40"
is "the last" "$(tail -n 1 told)" "  built 40 of 40"
is "stderr" "$(cat err)" ""

bash go --target broken >told 2>err && fail "a broken build succeeds"
is "what is shown of a failure" "$(cat err)" $'FAILED: x.o\nx.cpp:1: what is wrong'

script -qec "bash go --target all" terminal >/dev/null || fail "on a terminal"
is "lines on a terminal" "$(grep -c built terminal)" 1
is "steps in it" "$(tr '\r' '\n' <terminal | grep -c '^  built')" 40
