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

one_at_a_time
start_log
# shellcheck disable=SC2086
must 'system packages' install_packages $BUILD_PACKAGES
must 'Node.js for the web part' install_node
find_node
must 'web part' build_web
must 'gateway (some minutes at first)' build_preset release smartroute

if "$build_only"; then
  say 'Built: build/release/smartroute'
  exit 0
fi
say "[$((STEP + 1))/$STEPS] start; Ctrl-C ends it, then running requests finish first"
exec 9>&-
exec build/release/smartroute serve "$@"
