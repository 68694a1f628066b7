# Shared by run.sh and test.sh: steps with their time and a log. Source it with LOG and STEPS set; it changes into the
# checkout.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
if ! mkdir -p build/logs 2>/dev/null || ! [ -w build/logs ]; then
  printf 'The folder %s/build cannot be written by %s.\n' "$PWD" "$(id -un)" >&2
  printf 'What to do: make it yours (sudo chown -R %s build) or remove it.\n' "$(id -un)" >&2
  exit 1
fi

LOG=${LOG:-build/logs/run.log}
STEPS=${STEPS:-0}
STEP=0
STEP_STATUS=0

say() { printf '%s\n' "$*"; }

# Two builds in one checkout would overwrite each other. The lock ends with this process.
one_at_a_time() {
  command -v flock >/dev/null || return 0
  exec 9>build/logs/lock
  if ! flock -n 9; then
    say 'Another run.sh or test.sh works in this checkout; waiting for its end.'
    flock 9
  fi
}

start_log() { : >"$LOG"; }

# Tenths of a second as text, in integers: the decimal point of awk and printf depends on the locale.
seconds_since() {
  local tenths=$((($(date +%s%N) - $1) / 100000000))
  printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
}

# step NAME COMMAND ARGS...: runs it with its output in the log and prints one line with its time; STEP_STATUS tells how
# it went, and a failure shows the end of the log. Always returns 0, because it must never stand in a condition: there
# bash ignores `set -e` in everything that is called, and a step whose second command of five failed would pass.
step() {
  local name=$1 begun dots
  shift
  STEP=$((STEP + 1))
  dots='.............................................'
  printf '[%d/%d] %s %s ' "$STEP" "$STEPS" "$name" "${dots:${#name}}"
  rm -f build/logs/note
  printf '\n===== %s\n' "$name" >>"$LOG"
  begun=$(date +%s%N)
  set +e
  # Not 9, the lock: what a step leaves running must not keep it.
  (
    set -euo pipefail
    "$@"
  ) >>"$LOG" 2>&1 </dev/null 9>&-
  STEP_STATUS=$?
  set -e
  if [ "$STEP_STATUS" -eq 0 ]; then
    say "$(seconds_since "$begun")$(note)"
    return 0
  fi
  say "FAILED after $(seconds_since "$begun")$(note)"
  say ''
  tail -n 20 "$LOG" | sed 's/^/    /'
  say ''
  say "The whole log: $LOG"
  say "What to do: $(hint "$name")"
  say ''
}

# The same for a script that cannot go on without it.
must() {
  step "$@"
  [ "$STEP_STATUS" -eq 0 ] || exit 1
}

# A step may leave a word for its line.
leave_note() { printf '%s' "$*" >build/logs/note; }

note() {
  if [ -s build/logs/note ]; then printf ' (%s)' "$(cat build/logs/note)"; fi
  rm -f build/logs/note
}

hint() {
  case "$1" in
  *packages*) say 'read the lines above; the usual causes are the network and the package sources.' ;;
  *[Nn]ode* | *web*) say 'check that the npm registry can be reached; "rm -rf .tools web/node_modules" starts afresh.' ;;
  *SDK*) say 'read the lines above; "rm -rf tests/e2e/node_modules build/python" starts afresh.' ;;
  *) say 'read the lines above; "rm -rf build" starts afresh.' ;;
  esac
}
