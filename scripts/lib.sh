# Shared by run.sh and test.sh: steps with their time and a log. Source it with LOG and STEPS set; it changes into the
# checkout.
set -euo pipefail

# The output of apt-cache and others is read here: it must not be translated.
export LC_ALL=C.UTF-8
unset LANGUAGE CDPATH

CALLED_FROM=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."

LOG=${LOG:-build/logs/run.log}
STEPS=${STEPS:-0}
STEP=0
STEP_STATUS=0

say() { printf '%s\n' "$*"; }

trap 'say ""; say "Stopped. Start it again to go on from here."; exit 130' INT

# Another user's files, as `sudo ./run.sh` leaves them, would stop one step after the other.
check_folders() {
  local folder
  mkdir -p build/logs 2>/dev/null || true
  for folder in . build build/logs build/* .tools web web/dist web/node_modules tests/e2e/node_modules; do
    if [ -w "$folder" ]; then continue; fi
    if [ "$folder" != build/logs ] && ! [ -e "$folder" ]; then continue; fi
    say "$PWD/$folder cannot be written by $(id -un)." >&2
    say "What to do: make the checkout yours: sudo chown -R $(id -un) '$PWD'" >&2
    exit 1
  done
}

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
  local name=$1 begun dots log_lines
  shift
  STEP=$((STEP + 1))
  dots='.............................................'
  printf '[%d/%d] %s %s ' "$STEP" "$STEPS" "$name" "${dots:${#name}}"
  rm -f build/logs/note
  printf '\n===== %s\n' "$name" >>"$LOG"
  log_lines=$(wc -l <"$LOG")
  begun=$(date +%s%N)
  set +e
  # Not 9, the lock: what a step leaves running must not keep it. And some programs end well after Ctrl-C.
  (
    trap 'exit 130' INT
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
  # Of a line that was written over and over, the last state.
  tail -n +$((log_lines + 1)) "$LOG" | tail -n 20 | sed -e 's/\r*$//' -e 's/.*\r//' -e 's/^/    /'
  say ''
  say "The whole log: $PWD/$LOG"
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
  *[Nn]ode* | *web*) say 'read the lines above; npm needs its registry, and "rm -rf .tools web/node_modules" starts afresh.' ;;
  *SDK*) say 'read the lines above; "rm -rf tests/e2e/node_modules build/python" starts afresh.' ;;
  format) say 'find src tests -name "*.[ch]pp" | xargs clang-format-14 -i' ;;
  *build* | gateway*) say 'read the lines above; "rm -rf build" starts afresh.' ;;
  *) say 'read the lines above; the reports of single programs are in build/logs.' ;;
  esac
}
