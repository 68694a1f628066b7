#!/usr/bin/env bash
# The whole test suite; installs what it needs. The last line says how many tests passed and failed.
LOG=build/logs/test.log
STEPS=20
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/scripts/lib.sh"
# shellcheck source=scripts/install.sh
. scripts/install.sh
# shellcheck source=scripts/build.sh
. scripts/build.sh
# shellcheck source=scripts/suites.sh
. scripts/suites.sh

usage() {
  cat <<'TEXT'
./test.sh            everything (more than an hour on 2 cores from nothing)
./test.sh --quick    daily work: scripts, format, unit and integration tests of the development build
FUZZ_SECONDS=60      how long each fuzz target runs (10)
TEXT
}

quick=false
case "${1:-}" in
'') ;;
--quick)
  quick=true
  STEPS=7
  ;;
-h | --help)
  usage
  exit 0
  ;;
*)
  usage >&2
  exit 2
  ;;
esac

# The tests talk to this machine only, whatever proxy it uses, and to gateways with settings of their own.
export no_proxy="127.0.0.1,localhost,${no_proxy:-${NO_PROXY:-}}"
export NO_PROXY=$no_proxy
unset "${!SMARTROUTE_@}"

PASSED=0
FAILED=0

# suite NAME COMMAND...: a step whose tests count. One that fails and names no failed test counts as one.
suite() {
  local name ok bad skipped failed=0
  rm -f "$COUNTS"
  step "$@"
  if [ -f "$COUNTS" ]; then
    while read -r name ok bad skipped; do
      PASSED=$((PASSED + ok))
      failed=$((failed + bad))
    done <"$COUNTS"
  fi
  if [ "$STEP_STATUS" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
  FAILED=$((FAILED + failed))
}

# build NAME COMMAND...: a step that later ones need; BUILT says whether they can run.
build() {
  suite "$@"
  BUILT=$STEP_STATUS
}

# after_build NAME COMMAND...: tests of a program that was not built would be tests of an old one.
after_build() {
  if [ "$BUILT" -eq 0 ]; then
    suite "$@"
  else
    STEP=$((STEP + 1))
    say "[$STEP/$STEPS] $1: not run, the build failed"
  fi
}

PACKAGES="$BUILD_PACKAGES $TEST_PACKAGES"
if ! "$quick"; then PACKAGES="$PACKAGES $(npm_package)"; fi
check_folders
one_at_a_time
start_log
# shellcheck disable=SC2086
require_apt $PACKAGES
# shellcheck disable=SC2046,SC2086
ask_for_root $PACKAGES $(llvm_packages)
# shellcheck disable=SC2086
must 'system packages' install_test_packages $PACKAGES
suite 'scripts' check_scripts
suite 'dependencies point down' check_arrows
suite 'format' check_format
build 'development build' build_preset dev
after_build 'unit tests' run_gtest build/dev
after_build 'integration tests' run_integration build/dev
if ! "$quick"; then
  build 'ASan and UBSan build' build_preset asan
  after_build 'unit tests, ASan and UBSan' run_gtest build/asan
  after_build 'integration tests, ASan and UBSan' run_integration build/asan
  build 'TSan build' build_preset tsan
  after_build 'unit tests, TSan' run_gtest build/tsan
  after_build 'integration tests, TSan' run_integration build/tsan
  suite 'fuzz targets, a short run each' run_fuzz
  suite 'clang-tidy' check_tidy
  build 'Node.js and web part' eval 'install_node; find_node; build_web'
  find_node || true
  after_build 'web part' run_web_tests
  build 'release build' build_preset release smartroute
  after_build 'OpenAI SDK for Node' run_node_sdk build/release/smartroute
  after_build 'extra: OpenAI SDK for Python' run_python_sdk build/release/smartroute
fi
say ''
say "$PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
