#!/usr/bin/env bash
# From a fresh clone to a running gateway: installs what is missing, builds, starts.
LOG=build/logs/run.log
STEPS=5
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/scripts/lib.sh"
# shellcheck source=scripts/install.sh
. scripts/install.sh
# shellcheck source=scripts/build.sh
. scripts/build.sh

usage() {
  cat <<'TEXT'
./run.sh [ARGUMENTS]      installs what is missing, builds, starts the gateway on port 6688
./run.sh --port 8080      arguments go to `smartroute serve`; SMARTROUTE_PORT, SMARTROUTE_BIND and
                          SMARTROUTE_DATA_DIR are honoured
./run.sh --build-only     everything but the start; the program is build/release/smartroute
TEXT
}

build_only=false
case "${1:-}" in
--build-only)
  build_only=true
  STEPS=4
  shift
  ;;
-h | --help)
  usage
  exit 0
  ;;
esac

# A relative folder is the caller's, wherever the checkout is.
from_caller() {
  case "$1" in
  /*) say "$1" ;;
  *) say "$CALLED_FROM/$1" ;;
  esac
}
SMARTROUTE_DATA_DIR=$(from_caller "${SMARTROUTE_DATA_DIR:-$PWD/data}")
export SMARTROUTE_DATA_DIR
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
  --data=*) arguments+=("--data=$(from_caller "${1#*=}")") ;;
  --data)
    arguments+=("$1")
    if [ $# -gt 1 ]; then arguments+=("$(from_caller "$2")") && shift; fi
    ;;
  *) arguments+=("$1") ;;
  esac
  shift
done

PACKAGES="$BUILD_PACKAGES $(npm_package)"
check_folders
one_at_a_time
start_log
# shellcheck disable=SC2086
require_apt $PACKAGES
# shellcheck disable=SC2086
ask_for_root $PACKAGES
# shellcheck disable=SC2086
must 'system packages' install_packages $PACKAGES
must 'Node.js for the web part' install_node
find_node
must 'web part' build_web
name='gateway'
if ! [ -x build/release/smartroute ]; then name='gateway (takes some minutes)'; fi
must "$name" build_preset release smartroute

if "$build_only"; then
  say 'Built: build/release/smartroute'
  exit 0
fi
say "[$((STEP + 1))/$STEPS] start; Ctrl-C ends it, then running requests finish first"
exec 9>&-
exec build/release/smartroute serve "${arguments[@]}"
