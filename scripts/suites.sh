# The suites of test.sh: each runs something and counts its tests from what the runner reports. Sourced.

COUNTS=build/logs/counts

# tally NAME PASSED FAILED [SKIPPED]: one runner's report. A suite in which nothing ran has failed.
tally() {
  say "$1 $2 $3 ${4:-0}" >>"$COUNTS"
  say "$1: $2 passed, $3 failed, ${4:-0} skipped"
  if [ "$3" -gt 0 ]; then return 1; fi
  if [ $(($2 + ${4:-0})) -eq 0 ]; then
    say "$1: no test ran"
    return 1
  fi
}

# Kernels with 32 random bits of address space are more than the sanitizers of g++ 12 and clang 14 can map.
same_addresses() { if setarch -R true 2>/dev/null; then say 'setarch -R'; fi; }

count_lines() { grep -c "$1" "$2" || true; }

number_after() { sed -nE "s/.*$1([0-9]+).*/\1/p" "$2" | tail -n 1; }

# limit SECONDS COMMAND...: an end for what hangs. timeout and its command are a process group of their own, which Ctrl-C
# does not reach: it is passed on.
limit() {
  local code=0
  trap 'kill -TERM -- "-${!:-}" "${!:-}" 2>/dev/null; wait; exit 130' INT
  timeout -k 10 "$@" &
  wait "$!" || code=$?
  trap 'exit 130' INT
  return "$code"
}

# The GoogleTest programs of a build. A test that began and did not end well has failed: a crash prints no verdict.
run_gtest() {
  local dir=$1 program report code ok skipped bad status=0
  local -a runner
  read -r -a runner <<<"$(same_addresses)"
  for program in "$dir"/tests/unit_*; do
    if ! [ -f "$program" ] || ! [ -x "$program" ]; then continue; fi
    report=build/logs/$(basename "$dir")-$(basename "$program").txt
    code=0
    limit 600 "${runner[@]}" "$program" >"$report" 2>&1 || code=$?
    ok=$(count_lines '^\[       OK \]' "$report")
    skipped=$(count_lines '^\[  SKIPPED \] .*ms)$' "$report")
    bad=$(($(count_lines '^\[ RUN      \]' "$report") - ok - skipped))
    if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$code" -ne 0 ]; then cat "$report"; fi
    tally "$(basename "$program")" "$ok" "$bad" "$skipped" || status=1
  done
  [ -s "$COUNTS" ] || tally "$dir" 0 0 || status=1
  return "$status"
}

# The black-box suite against a build's binary.
run_integration() {
  local binary report code=0 ran bad skipped
  local -a runner
  read -r -a runner <<<"$(same_addresses)"
  binary=$PWD/$1/smartroute
  report=$PWD/build/logs/$(basename "$1")-integration.txt
  (cd tests/integration &&
    SMARTROUTE_BIN=$binary limit 600 "${runner[@]}" python3 -W ignore -m unittest discover -v -p 'test_*.py') \
    >"$report" 2>&1 || code=$?
  cat "$report"
  if [ "$code" -eq 124 ]; then say 'not ended after 10 minutes'; fi
  ran=$(number_after '^Ran ' "$report")
  skipped=$(number_after 'skipped=' "$report")
  bad=$(($(count_lines '^FAIL: ' "$report") + $(count_lines '^ERROR: ' "$report")))
  if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  # Errors of a whole class are not among the tests that ran.
  ran=$((${ran:-0} - bad - ${skipped:-0}))
  if [ "$ran" -lt 0 ]; then ran=0; fi
  tally integration "$ran" "$bad" "${skipped:-0}"
}

check_scripts() {
  local script status=0
  for script in run.sh test.sh .ci/run scripts/*.sh; do
    bash -n "$script" || status=1
  done
  bash scripts/self_test.sh || status=1
  if [ "$status" -eq 0 ]; then tally scripts 1 0; else tally scripts 0 1; fi
}

check_arrows() {
  python3 scripts/check_dependencies.py
  tally dependencies 1 0
}

check_format() {
  if ! command -v clang-format-14 >/dev/null; then
    leave_note 'SKIPPED: this distribution has no clang-format-14'
    return 0
  fi
  find src tests -name '*.[ch]pp' -print0 | xargs -0 clang-format-14 --dry-run -Werror
  tally format 1 0
}

# g++'s precompiled headers are not clang's: a configuration without them, of which nothing is built.
check_tidy() {
  if ! command -v clang-tidy-14 >/dev/null; then
    leave_note 'SKIPPED: this distribution has no clang-tidy-14'
    return 0
  fi
  cmake -S . -B build/tidy -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DGW_TESTS=OFF
  python3 scripts/tidy.py clang-tidy-14 build/tidy "$(count_jobs)"
  tally clang-tidy 1 0
}

# A short run of every target from its committed corpus; what it finds on the way stays in build/fuzz.
run_fuzz() {
  local suffix target name code passed=0 bad=0
  local -a runner
  suffix=$(llvm_suffix)
  if [ -z "$suffix" ]; then CMAKE_ARGS=-DCMAKE_CXX_COMPILER=clang++; fi
  build_preset fuzz fuzz_all
  read -r -a runner <<<"$(same_addresses)"
  for target in build/fuzz/tests/fuzz/fuzz_*; do
    if ! [ -f "$target" ] || ! [ -x "$target" ]; then continue; fi
    name=${target##*/fuzz_}
    mkdir -p "build/fuzz/corpus-$name"
    code=0
    "${runner[@]}" "$target" -max_total_time="${FUZZ_SECONDS:-10}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="build/fuzz/crash-$name-" "build/fuzz/corpus-$name" "tests/fuzz/corpus/$name" || code=$?
    if [ "$code" -eq 0 ]; then
      passed=$((passed + 1))
    else
      say "fuzz_$name found something: build/fuzz/crash-$name-*"
      bad=$((bad + 1))
    fi
  done
  tally fuzz "$passed" "$bad"
}

run_web_tests() {
  local code=0 report=build/logs/web.json
  npm_install_in web
  rm -f "$report"
  (cd web && npm run typecheck && npm test -- --reporter=default --reporter=json --outputFile.json="../$report") || code=$?
  if ! [ -f "$report" ]; then return 1; fi
  tally web "$(json_field "$report" numPassedTests)" "$(json_field "$report" numFailedTests)" || code=1
  return "$code"
}

json_field() { node -p 'JSON.parse(require("fs").readFileSync(process.argv[1]))[process.argv[2]]' "$1" "$2"; }

run_node_sdk() {
  local binary=$PWD/$1 report=$PWD/build/logs/e2e.tap code=0 passed bad
  npm_install_in tests/e2e
  (cd tests/e2e && SMARTROUTE_BIN=$binary limit 600 node --test --test-concurrency=1 \
    --test-reporter=spec --test-reporter-destination=stdout --test-reporter=tap --test-reporter-destination="$report" \
    ./*.test.js) || code=$?
  passed=$(number_after '^# pass ' "$report")
  bad=$(($(number_after '^# fail ' "$report") + $(number_after '^# cancelled ' "$report")))
  if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  tally node-sdk "$passed" "$bad" "$(number_after '^# skipped ' "$report")"
}

# The one part that needs a package of PyPI: where that cannot be had, it says so and the rest stands.
run_python_sdk() {
  local python=build/python/bin/python report=build/logs/python-sdk.txt code=0 ran bad
  if ! "$python" -c 'import openai' 2>/dev/null; then
    rm -rf build/python
    if ! python3 -m venv build/python || ! "$python" -m pip install --quiet --disable-pip-version-check 'openai>=2,<3'; then
      leave_note 'SKIPPED: the openai package of PyPI cannot be installed here'
      return 0
    fi
  fi
  SMARTROUTE_BIN=$PWD/$1 limit 300 "$python" -W ignore -m unittest -v tests/e2e/python/test_sdk.py >"$report" 2>&1 || code=$?
  cat "$report"
  ran=$(number_after '^Ran ' "$report")
  bad=$(($(count_lines '^FAIL: ' "$report") + $(count_lines '^ERROR: ' "$report")))
  if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  ran=$((${ran:-0} - bad))
  if [ "$ran" -lt 0 ]; then ran=0; fi
  tally python-sdk "$ran" "$bad"
}
