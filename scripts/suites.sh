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
  for program in "$dir"/tests/unit_*; do
    if [ -f "$program" ] && [ -x "$program" ]; then printf '%s\0' "$program"; fi
  done | RUNNER=$(same_addresses) xargs -0 -r -P "$(count_jobs)" -I PROGRAM bash -c '
    report=build/logs/$2-$(basename "$1").txt code=0
    read -r -a runner <<<"$RUNNER"
    timeout --foreground -k 10 600 "${runner[@]}" "$1" >"$report" 2>&1 || code=$?
    printf %s "$code" >"$report.code"' _ PROGRAM "$(basename "$dir")"
  for program in "$dir"/tests/unit_*; do
    if ! [ -f "$program" ] || ! [ -x "$program" ]; then continue; fi
    report=build/logs/$(basename "$dir")-$(basename "$program").txt
    code=$(cat "$report.code")
    rm -f "$report.code"
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

# The black-box suite against a build's binary. What the last line of integration.py counts.
run_integration() {
  local report ok bad skipped
  local -a runner
  read -r -a runner <<<"$(same_addresses)"
  report=build/logs/$(basename "$1")-integration.txt
  limit 1800 "${runner[@]}" python3 scripts/integration.py "$PWD/$1/smartroute" "$report" "$(count_jobs)" \
    >"$report.failed" 2>&1 || true
  cat "$report.failed"
  read -r ok bad skipped <<<"$(tail -n 1 "$report.failed" | grep -E '^[0-9]+ [0-9]+ [0-9]+$' || say '0 1 0')"
  tally integration "$ok" "$bad" "$skipped"
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
  local suffix target name passed=0 bad=0
  suffix=$(llvm_suffix)
  if [ -z "$suffix" ]; then CMAKE_ARGS=-DCMAKE_CXX_COMPILER=clang++; fi
  build_preset fuzz fuzz_all
  for target in build/fuzz/tests/fuzz/fuzz_*; do
    if [ -f "$target" ] && [ -x "$target" ]; then printf '%s\0' "${target##*/fuzz_}"; fi
  done | RUNNER=$(same_addresses) xargs -0 -r -P "$(count_jobs)" -I NAME bash -c '
    read -r -a runner <<<"$RUNNER"
    mkdir -p "build/fuzz/corpus-$1"
    rm -f "build/fuzz/clean-$1"
    report=build/logs/fuzz-$1.txt
    if "${runner[@]}" "build/fuzz/tests/fuzz/fuzz_$1" -max_total_time="${FUZZ_SECONDS:-10}" \
      -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="build/fuzz/crash-$1-" \
      "build/fuzz/corpus-$1" "tests/fuzz/corpus/$1" >"$report" 2>&1; then : >"build/fuzz/clean-$1"; fi' _ NAME
  for target in build/fuzz/tests/fuzz/fuzz_*; do
    if ! [ -f "$target" ] || ! [ -x "$target" ]; then continue; fi
    name=${target##*/fuzz_}
    cat "build/logs/fuzz-$name.txt"
    if [ -f "build/fuzz/clean-$name" ]; then
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
