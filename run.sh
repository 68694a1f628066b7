#!/usr/bin/env bash
# From a fresh clone to a running gateway: installs what is missing, builds, starts. Arguments go to `smartroute serve`.
#   ./run.sh                    on port 6688
#   ./run.sh --port 8080        another port (or SMARTROUTE_PORT)
#   ./run.sh --build-only       everything but the start
LOG=build/logs/run.log
STEPS=4
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/scripts/lib.sh"

build_only=false
if [ "${1:-}" = --build-only ]; then
  build_only=true
  shift
fi

# shellcheck disable=SC2086
step 'system packages' install_packages $BUILD_PACKAGES
step 'Node.js for the web part' install_node
find_node || true
step 'web part' build_web
step 'gateway (a few minutes at first)' build_preset release smartroute

if "$build_only"; then
  say "Built: build/release/smartroute"
  exit 0
fi
exec build/release/smartroute serve "$@"
