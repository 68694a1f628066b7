#!/usr/bin/env bash
# The whole test suite; installs what it needs. `./test.sh --quick` is the daily part: unit and integration tests of the
# development build.
LOG=build/logs/test.log
quick=false
if [ "${1:-}" = --quick ]; then quick=true; fi
if "$quick"; then STEPS=6; else STEPS=18; fi
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/scripts/lib.sh"

PASSED=0
FAILED=0

# count NAME FILE: adds what a runner's report says.
count() {
  PASSED=$((PASSED + $1))
  FAILED=$((FAILED + $2))
}

# GoogleTest programs of a build, one by one, so that each test case counts.
run_gtest() {
  local dir=$1 pattern=$2 program failed=0 report
  shopt -s nullglob
  for program in "$dir"/tests/$pattern; do
    [ -x "$program" ] && [ -f "$program" ] || continue
    report=build/logs/$(basename "$dir")-$(basename "$program").txt
    if SMARTROUTE_BIN="$PWD/$dir/smartroute" timeout 900 "$program" >"$report" 2>&1; then :; else failed=1; fi
    cat "$report"
    echo "$program" "$(grep -c '^\[       OK \]' "$report")" "$(grep -c '^\[  FAILED  \].*ms)$' "$report")" >>build/logs/counts
    if [ "$failed" = 1 ]; then return 1; fi
  done
}

# The black-box suite against a build's binary.
run_integration() {
  local dir=$1 report status=0 ran bad
  report=build/logs/$(basename "$dir")-integration.txt
  (cd tests/integration && SMARTROUTE_BIN="$OLDPWD/$dir/smartroute" timeout 1200 python3 -W ignore -m unittest discover -p 'test_*.py') >"$report" 2>&1 || status=$?
  cat "$report"
  ran=$(grep -oE '^Ran [0-9]+' "$report" | grep -oE '[0-9]+' || echo 0)
  bad=$(grep -cE '^(ERROR|FAIL):' "$report" || true)
  if [ "$bad" -gt "$ran" ]; then bad=$ran; fi
  echo "integration $((ran - bad)) $bad" >>build/logs/counts
  return "$status"
}

take_counts() {
  local name ok bad
  [ -f build/logs/counts ] || return 0
  while read -r name ok bad; do count "$ok" "$bad"; done <build/logs/counts
  rm -f build/logs/counts
}

checked() {
  rm -f build/logs/counts
  if step "$@"; then
    take_counts
    if [ -n "${ONE_TEST:-}" ]; then count 1 0; fi
  else
    take_counts
    count 0 1
    FAILURES=true
  fi
}

FAILURES=false

check_format() {
  local files
  files=$(git ls-files 'src/*.hpp' 'src/*.cpp' 'tests/*.hpp' 'tests/*.cpp')
  # shellcheck disable=SC2086
  clang-format-14 --dry-run -Werror $files
}

check_scripts() { for script in run.sh test.sh .ci/run scripts/*.sh; do bash -n "$script"; done; }

fuzz_all() {
  build_preset fuzz fuzz_all
  local target seconds=${FUZZ_SECONDS:-15}
  for target in build/fuzz/tests/fuzz/fuzz_*; do
    [ -x "$target" ] || continue
    local name=${target##*/fuzz_}
    mkdir -p "build/fuzz/corpus-$name"
    "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="build/fuzz/crash-$name-" "build/fuzz/corpus-$name" "tests/fuzz/corpus/$name"
    echo "$target 1 0" >>build/logs/counts
  done
}

# clang-tidy over what changed since it was last clean.
tidy_all() {
  local stamps=build/logs/tidy file stamp todo=()
  mkdir -p "$stamps"
  local base
  base=$(cat .clang-tidy src/*/*.hpp src/*/*/*.hpp | sha256sum)
  for file in $(git ls-files 'src/*.cpp'); do
    stamp=$(echo "$base" | cat - "$file" | sha256sum | cut -c1-32)
    [ -f "$stamps/$stamp" ] || todo+=("$file")
  done
  [ ${#todo[@]} -gt 0 ] || return 0
  # shellcheck disable=SC2016
  printf '%s\n' "${todo[@]}" | xargs -P "$JOBS" -I{} sh -c 'clang-tidy-14 --quiet -p build/tidy "$1" || exit 255' _ {}
  for file in "${todo[@]}"; do
    stamp=$(echo "$base" | cat - "$file" | sha256sum | cut -c1-32)
    touch "$stamps/$stamp"
  done
}

# g++'s precompiled headers are not clang's: a configuration without them, never built.
configure_tidy() {
  cmake -S . -B build/tidy -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DGW_TESTS=OFF >/dev/null
  ninja -C build/tidy generated/web_assets.cpp
}

test_web() {
  npm_install_in web
  (cd web && npm run typecheck && npm test) | tee build/logs/web.txt
  echo "web $(grep -oE 'Tests +[0-9]+ passed' build/logs/web.txt | grep -oE '[0-9]+' | tail -n 1) 0" >>build/logs/counts
}

test_sdk() {
  npm_install_in tests/e2e
  local status=0
  (cd tests/e2e && SMARTROUTE_BIN="$OLDPWD/build/release/smartroute" npm test) >build/logs/e2e.txt 2>&1 || status=$?
  cat build/logs/e2e.txt
  echo "e2e $(sed -nE 's/.* pass ([0-9]+)$/\1/p' build/logs/e2e.txt) $(sed -nE 's/.* fail ([0-9]+)$/\1/p' build/logs/e2e.txt)" >>build/logs/counts
  return "$status"
}

test_python_sdk() {
  if ! python3 -m venv build/python >/dev/null 2>&1 || ! build/python/bin/pip install --quiet 'openai==2.*' >/dev/null 2>&1; then
    leave_note '(SKIPPED: the openai package of PyPI cannot be installed here)'
    return 0
  fi
  build/python/bin/python tests/e2e/python/test_sdk.py build/release/smartroute
  echo "python 1 0" >>build/logs/counts
}

# shellcheck disable=SC2086
step 'system packages' install_packages $BUILD_PACKAGES $TEST_PACKAGES
ONE_TEST=1 checked 'scripts parse' check_scripts
ONE_TEST=1 checked 'dependencies point down' python3 scripts/check_dependencies.py
checked 'development build' build_preset dev
checked 'unit tests' run_gtest build/dev 'unit_*'
checked 'integration tests' run_integration build/dev
if ! "$quick"; then
  ONE_TEST=1 checked 'format' check_format
  checked 'ASan and UBSan build' build_preset asan
  checked 'unit tests under ASan and UBSan' run_gtest build/asan 'unit_*'
  checked 'integration under ASan and UBSan' run_integration build/asan
  checked 'TSan build' build_preset tsan
  checked 'unit tests under TSan' run_gtest build/tsan 'unit_*'
  checked 'integration under TSan' run_integration build/tsan
  checked 'fuzz targets, a short run each' fuzz_all
  checked 'Node.js and web part' eval 'install_node && build_web && test_web'
  find_node || true
  checked 'release build' build_preset release smartroute
  checked 'OpenAI SDK for Node' test_sdk
  checked 'extra: OpenAI SDK for Python' test_python_sdk
fi
say ''
say "$PASSED passed, $FAILED failed"
if "$FAILURES" || [ "$FAILED" -gt 0 ]; then exit 1; fi
