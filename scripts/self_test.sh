# The scripts' own tests: a step that cannot fail would make every suite green.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/scripts"
cp scripts/*.sh "$work/scripts"
cp test.sh "$work"
failed=0

# expect NAME WANTED SCRIPT: the output of a script that has sourced the helpers, run in an empty checkout.
expect() {
  local name=$1 wanted=$2 script=$3 got
  got=$(cd "$work" && LOG=build/logs/self.log STEPS=1 bash -c '. scripts/lib.sh; . scripts/install.sh; . scripts/build.sh; . scripts/suites.sh; '"$script" 2>&1 || true)
  # shellcheck disable=SC2053
  if [[ "$got" != $wanted ]]; then
    printf 'FAILED: %s\n  wanted: %s\n  got:    %s\n' "$name" "$wanted" "$got"
    failed=1
  fi
}

expect 'a step whose first command of two fails has failed' '*FAILED*1' \
  'broken() { false; true; }; step name broken; say $STEP_STATUS'
expect 'a step that fails inside a function it calls has failed' '*FAILED*1' \
  'inner() { false; true; }; broken() { inner; true; }; step name broken; say $STEP_STATUS'
expect 'a step whose pipe fails at its head has failed' '*FAILED*1' \
  'broken() { false | cat; }; step name broken; say $STEP_STATUS'
expect 'a failed step shows the end of its output' '*the reason*' 'broken() { say "the reason"; return 3; }; step name broken'
expect 'a step that passes prints one line with its note' '\[1/1\] name ...* s (a word)' \
  'fine() { leave_note "a word"; }; step name fine'
expect 'nothing goes on after a step that must pass' 'stopped' \
  'out=$(must name false; say went on) || true; case $out in *"went on"*) say "$out" ;; *) say stopped ;; esac'
expect 'a suite in which nothing ran has failed' '*no test ran*1' 'code=0; tally nothing 0 0 || code=$?; say $code'
expect 'a crashed GoogleTest program fails its last test' '*1 passed, 1 failed*1' '
  mkdir -p b/tests; printf "%s\n" "#!/bin/sh" "echo \"[ RUN      ] A.a\"; echo \"[       OK ] A.a (0 ms)\"" \
    "echo \"[ RUN      ] A.b\"; kill -9 \$\$" >b/tests/unit_x; chmod +x b/tests/unit_x
  code=0; run_gtest b || code=$?; say $code'
expect 'a build without test programs is no passed suite' '*no test ran*1' \
  'mkdir -p empty; rm -f build/logs/counts; code=0; run_gtest empty || code=$?; say $code'
expect 'Boost nearest to 1.81 is taken, and nothing older' 'libboost1.83-dev' \
  'printf "libboost1.74-dev\nlibboost1.88-dev\nlibboost1.83-dev\nlibboost1.83-tools-dev\n" | oldest_boost'
expect 'without root and sudo the command to run is shown' '*As root, run:*apt-get install g++*' \
  'id() { say 1000; }; command() { return 1; }; as_root apt-get install g++'
expect 'another system is told what to install' '*apt-get*g++ cmake and Boost 1.81*' \
  'command() { return 1; }; require_apt g++ cmake'
expect 'a failed npm ci is not remembered as done' '1-absent' '
  node() { say v22; }; npm() { return 1; }; mkdir -p web; say "{}" >web/package.json; say "{}" >web/package-lock.json
  code=0; (set -e; npm_install_in web) & wait $! || code=$?
  [ -f web/node_modules/.installed ] && mark=present || mark=absent; say "$code-$mark"'

cd "$here"
exit "$failed"
