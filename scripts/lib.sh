# Shared by run.sh and test.sh: steps with their time and a log, packages, Node. Source it; it changes into the checkout.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p build/logs
LOG=${LOG:-build/logs/run.log}
: >"$LOG"
STEP=0
STEPS=${STEPS:-0}

say() { printf '%s\n' "$*"; }

seconds_now() { date +%s.%N; }

# step "name" command args...: runs it with its output in the log; one line with its time; on failure the log's end.
step() {
  local name=$1 begun status=0
  shift
  STEP=$((STEP + 1))
  printf '[%d/%d] %-34s ' "$STEP" "$STEPS" "$name"
  begun=$(seconds_now)
  NOTE=""
  printf '\n===== %s\n' "$name" >>"$LOG"
  "$@" >>"$LOG" 2>&1 || status=$?
  if [ "$status" -eq 0 ]; then
    printf 'ok    %7.1f s  %s\n' "$(echo "$(seconds_now) $begun" | awk '{print $1-$2}')" "$(note)"
  else
    printf 'FAILED after %.1f s\n\n' "$(echo "$(seconds_now) $begun" | awk '{print $1-$2}')"
    tail -n 20 "$LOG" | sed 's/^/    /'
    printf '\nThe whole log: %s\n' "$LOG"
    hint "$name"
    return "$status"
  fi
}

# A step may leave a word for its line in build/logs/note.
note() {
  if [ -s build/logs/note ]; then cat build/logs/note; fi
  rm -f build/logs/note
}

leave_note() { printf '%s' "$*" >build/logs/note; }

hint() {
  case "$1" in
  *packages*) say 'What to do: check the network and the package sources (apt-get update), then run this again.' ;;
  *web*) say 'What to do: check that the npm registry can be reached, then run this again. "rm -rf .tools web/node_modules" starts afresh.' ;;
  *) say 'What to do: read the lines above; "rm -rf build" starts afresh.' ;;
  esac
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    say "Root rights are needed to install packages, and there is no sudo. As root, run: $*" >&2
    return 1
  fi
}

has_package() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# The newest Boost of at least 1.81 that the distribution has.
boost_package() {
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' 'libboost1.[89]*-dev' 2>/dev/null | awk '$1=="installed"{print $2}' | head -n 1)
  if [ -n "$installed" ]; then
    echo "$installed"
    return
  fi
  apt-cache search --names-only '^libboost1\.(8[1-9]|9[0-9])-dev$' | awk '{print $1}' | sort -V | tail -n 1
}

BUILD_PACKAGES="g++ cmake ninja-build pkg-config python3 ca-certificates libssl-dev libsimdjson-dev libspdlog-dev libcli11-dev prometheus-cpp-dev nlohmann-json3-dev"
TEST_PACKAGES="libgtest-dev curl openssl clang-14 clang-tidy-14 clang-format-14 libclang-rt-14-dev"

# install_packages NAME...: what is missing, nothing when all is there.
install_packages() {
  if ! command -v apt-get >/dev/null; then
    say 'This script installs packages with apt-get (Debian 12, Ubuntu 24.04 or newer). On another system install these' >&2
    say "yourself and build with cmake --preset release: $* Boost 1.81 or newer" >&2
    return 1
  fi
  local missing="" name boost
  for name in "$@"; do has_package "$name" || missing="$missing $name"; done
  boost=$(boost_package)
  if [ -z "$boost" ] && [ -z "$missing" ]; then missing=" "; fi
  if [ -n "$boost" ] && ! has_package "$boost"; then missing="$missing $boost"; fi
  if [ -z "$missing" ]; then
    leave_note '(nothing to do)'
    return 0
  fi
  as_root apt-get update
  if [ -z "$boost" ]; then
    boost=$(boost_package)
    if [ -z "$boost" ]; then
      say 'This system has no Boost 1.81 or newer; Debian 12 and Ubuntu 24.04 have it.' >&2
      return 1
    fi
    missing="$missing $boost"
  fi
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
  leave_note "(installed:$missing)"
}

node_is_good() {
  # Vite needs Node 20.19 or 22.12.
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null
}

# Puts a Node that can build the web part on this script's PATH: the system's when it is new enough, else npm's `node`
# package in .tools. The system's own Node stays as it is.
find_node() {
  if command -v node >/dev/null && command -v npm >/dev/null && node_is_good node; then return 0; fi
  if [ -x .tools/node_modules/.bin/node ] && node_is_good .tools/node_modules/.bin/node; then
    PATH="$PWD/.tools/node_modules/.bin:$PATH"
    return 0
  fi
  return 1
}

install_node() {
  if find_node; then
    leave_note "(Node $(node --version))"
    return 0
  fi
  if ! command -v npm >/dev/null; then
    as_root apt-get update
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends npm
  fi
  mkdir -p .tools
  # Debian's npm may leave out the step that puts the package's program in place; it is then run by hand.
  npm install --prefix .tools --no-audit --no-fund node@22 npm@11
  if [ ! -x .tools/node_modules/node/bin/node ]; then (cd .tools/node_modules/node && node installArchSpecificPackage.js); fi
  PATH="$PWD/.tools/node_modules/.bin:$PATH"
  node_is_good node
  leave_note "(Node $(node --version) in .tools)"
}

# npm ci only when the lock file changed since the last time.
npm_install_in() {
  local dir=$1 stamp
  stamp=$(cat "$dir/package.json" "$dir/package-lock.json" | sha256sum)
  if [ "$(cat "$dir/node_modules/.installed" 2>/dev/null)" = "$stamp" ]; then return 0; fi
  (cd "$dir" && npm ci --no-audit --no-fund)
  printf '%s' "$stamp" >"$dir/node_modules/.installed"
}

build_web() {
  find_node || true
  local stamp
  stamp=$(find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  if [ -f web/dist/index.html ] && [ "$(cat build/web.stamp 2>/dev/null)" = "$stamp" ]; then
    leave_note '(unchanged)'
    return 0
  fi
  npm_install_in web
  (cd web && npm run build)
  printf '%s' "$stamp" >build/web.stamp
}

# Two jobs at most: g++ needs about 1.5 GB a job here, and more jobs than cores gain nothing.
JOBS=$(nproc)
if [ "$JOBS" -gt 2 ]; then JOBS=2; fi

# build_preset NAME [target...]
build_preset() {
  local preset=$1
  shift
  cmake --preset "$preset" >/dev/null
  ninja -C "build/$preset" -j"$JOBS" "$@"
}
