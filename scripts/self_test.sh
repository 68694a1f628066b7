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
  got=$(cd "$work" && LOG=build/logs/self.log STEPS=1 bash -c 'mkdir -p build/logs; . scripts/lib.sh; . scripts/install.sh; . scripts/build.sh; . scripts/suites.sh; '"$script" 2>&1 || true)
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
missing='id() { say 1000; }; missing_packages() { say g++; say npm; }'
expect 'without root and sudo the whole command to run is shown' '*As root, run*apt-get update && apt-get install * g++ npm' \
  "$missing; command() { return 1; }; ask_for_root g++ npm"
expect 'a user who may not use sudo is shown it too' '*password:*g++ npm*As root, run*apt-get install * g++ npm' \
  "$missing; sudo() { return 1; }; ask_for_root g++ npm"
expect 'sudo without a password asks nothing' 'asked nothing' \
  "$missing; sudo() { true; }; ask_for_root g++ npm; say asked nothing"
expect 'nobody is asked for root when nothing is missing' 'asked nothing' \
  'id() { say 1000; }; missing_packages() { true; }; sudo() { say asked; }; ask_for_root g++; say asked nothing'
expect 'sudo keeps the proxy' '*sudo env * http_proxy=http://proxy:1 apt-get * update' \
  'id() { say 1000; }; sudo() { say "sudo $*"; }; unset https_proxy; http_proxy=http://proxy:1 apt_update'
expect 'a folder of somebody else is found before the first step' '*/web cannot be written*sudo chown -R *' \
  'mkdir -p web; [() { builtin [ "$1$2" != -wweb ] && builtin [ "$@"; }; check_folders'
expect 'Ctrl-C ends the script and what it runs, not the step alone' '*[.] *Stopped*130 gone' '
  printf "%s\n" ". scripts/lib.sh; . scripts/suites.sh" "hang() { limit 60 sh -c \"echo \\\$\\\$ >started; exec sleep 60\" || true; }" \
    "step name hang; say went on" >slow.sh
  set -m; env --default-signal=INT bash slow.sh & until [ -s started ]; do :; done
  kill -INT -- -$!; code=0; wait $! || code=$?
  for try in 1 2 3 4 5 6 7 8 9; do kill -0 "$(cat started)" 2>/dev/null || { say "$code" gone; break; }; sleep 0.$try; done'
expect 'another system is told what to install' '*apt-get*g++ cmake and Boost 1.81*' \
  'command() { return 1; }; require_apt g++ cmake'
expect 'a failed npm ci is not remembered as done' '1-absent' '
  node() { say v22; }; npm() { return 1; }; mkdir -p web; say "{}" >web/package.json; say "{}" >web/package-lock.json
  code=0; (set -e; npm_install_in web) & wait $! || code=$?
  [ -f web/node_modules/.installed ] && mark=present || mark=absent; say "$code-$mark"'

cd "$here"
exit "$failed"
