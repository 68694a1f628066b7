# What has to be on the machine: packages of Debian or Ubuntu, and a Node.js that can build the web part. Sourced.

BUILD_PACKAGES="g++ cmake ninja-build pkg-config python3 ca-certificates libssl-dev libsimdjson-dev libspdlog-dev libcli11-dev prometheus-cpp-dev nlohmann-json3-dev"
TEST_PACKAGES="libgtest-dev curl openssl python3-venv python3-yaml"

# npm asks a registry it cannot reach three times; by its defaults that takes six minutes.
export npm_config_fetch_retry_mintimeout=1000 npm_config_fetch_retry_maxtimeout=5000

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# missing_packages NAME...: one a line, Boost included; a Boost that apt does not know yet is guessed.
missing_packages() {
  local name boost
  for name in "$@"; do has_package "$name" || say "$name"; done
  boost=$(boost_package)
  has_package "${boost:=libboost1.81-dev}" || say "$boost"
}

# Before the first step, so that sudo's question stands alone and a user without root hears everything at once.
ask_for_root() {
  local missing
  missing=$(missing_packages "$@" | xargs)
  if [ -z "$missing" ] || [ "$(id -u)" -eq 0 ]; then return 0; fi
  if command -v sudo >/dev/null; then
    if sudo -n true 2>/dev/null; then return 0; fi
    say 'System packages are missing. They are installed with sudo, which asks for your password:'
    say "    $missing"
    if sudo true; then return 0; fi
  fi
  say 'System packages are missing, and only root can install them. As root, run this, then start again as yourself:' >&2
  say "    apt-get update && apt-get install -y --no-install-recommends $missing" >&2
  return 1
}

# A fresh machine may be busy with its own updates, so the lock is waited for; sudo takes the proxies out of the environment.
apt_get() {
  local name settings=(DEBIAN_FRONTEND=noninteractive)
  for name in http_proxy https_proxy; do
    if [ -n "${!name:-}" ]; then settings+=("$name=${!name}"); fi
  done
  as_root env "${settings[@]}" apt-get -o DPkg::Lock::Timeout=300 "$@"
}

# Never at the price of a package that somebody chose.
apt_install() { apt_get install -y --no-install-recommends --no-remove "$@"; }

# A source that cannot be reached may not matter; whether a package is there decides.
apt_update() { apt_get update || say 'apt-get update complained; going on.'; }

has_package() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

is_available() { [ -n "$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p' | grep -v '(none)')" ]; }

# The nearest to 1.81, which the code is written for: newer releases of Asio take old names away.
oldest_boost() { grep -oE '^libboost1\.(8[1-9]|9[0-9])-dev$' | sort -V | head -n 1; }

installed_boosts() {
  dpkg-query -W -f='${db:Status-Status} ${Package}\n' 'libboost1.*-dev' 2>/dev/null |
    sed -nE 's/^installed (libboost1\.[0-9]+-dev)$/\1/p'
}

# Prints the Boost package that is installed or to be installed; nothing when there is none.
boost_package() {
  local installed
  installed=$(installed_boosts | oldest_boost || true)
  if [ -n "$installed" ]; then
    say "$installed"
  else
    apt-cache pkgnames libboost1. 2>/dev/null | oldest_boost || true
  fi
}

# A fresh container knows no packages at all.
know_packages() { is_available g++ || apt_update; }

# The suffix of LLVM's programs: the code is formatted and linted by release 14; where a distribution does not have it,
# its own release still fuzzes.
llvm_suffix() {
  if command -v clang++-14 >/dev/null || is_available clang-14 || ! is_available clang; then say -14; fi
}

llvm_packages() {
  if [ "$(llvm_suffix)" = -14 ]; then
    say 'clang-14 clang-tidy-14 clang-format-14 libclang-rt-14-dev'
  else
    say 'clang libclang-rt-dev'
  fi
}

require_apt() {
  if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then return 0; fi
  say 'Packages are installed with apt-get here (Debian 12, Ubuntu 24.04 or newer). On another system install these' >&2
  say 'or their like yourself, then: (cd web && npm ci && npm run build); cmake --preset release; ninja -C build/release' >&2
  say "    $* and Boost 1.81 or newer" >&2
  return 1
}

# g++ 12 or newer; a newer one beside an old default is taken.
find_compiler() {
  local version name
  if [ -n "${CXX:-}" ]; then return 0; fi
  version=$(g++ -dumpversion | cut -d. -f1)
  if [ "$version" -ge 12 ]; then return 0; fi
  for name in g++-14 g++-13 g++-12; do
    if command -v "$name" >/dev/null; then
      export CXX=$name
      return 0
    fi
  done
  say "g++ $version is too old for C++20 coroutines; g++ 12 or newer is needed (apt-get install g++-12)." >&2
  return 1
}

# install_packages NAME...: what is missing, Boost included; without root or network when nothing is.
install_packages() {
  local missing boost other
  if [ -z "$(missing_packages "$@")" ]; then
    leave_note 'nothing to do'
    find_compiler
    return 0
  fi
  apt_update
  boost=$(boost_package)
  if [ -z "$boost" ]; then
    say 'This system has no Boost 1.81 or newer. Debian 12 and Ubuntu 24.04 have it; Ubuntu 22.04 does not.' >&2
    return 1
  fi
  mapfile -t missing < <(missing_packages "$@")
  if ! apt_install "${missing[@]}"; then
    say '' >&2
    say "These packages could not be installed: ${missing[*]}" >&2
    other=$(installed_boosts | grep -vx "$boost" | xargs || true)
    if [ -n "$other" ]; then
      say "$boost cannot stand beside $other. If nothing of yours needs that: apt-get remove $other" >&2
    fi
    return 1
  fi
  find_compiler
  leave_note "${#missing[@]} installed"
}

install_test_packages() {
  know_packages
  # shellcheck disable=SC2046
  install_packages "$@" $(llvm_packages)
}

# Vite needs Node 20.19, 22.12 or newer.
node_is_good() {
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null
}

# Puts a good Node on this script's PATH: the system's when it is new enough, else the one in .tools.
find_node() {
  if command -v node >/dev/null && command -v npm >/dev/null && node_is_good node; then return 0; fi
  if [ -x .tools/node_modules/.bin/node ] && [ -x .tools/node_modules/.bin/npm ] &&
    node_is_good .tools/node_modules/.bin/node; then
    PATH="$PWD/.tools/node_modules/.bin:$PATH"
    hash -r
    return 0
  fi
  return 1
}

# The system's npm, where nothing else can bring a good Node.
npm_package() { find_node || command -v npm >/dev/null || say npm; }

# npm's own `node` package in .tools, brought by whatever npm there is. The system's Node stays as it is.
install_node() {
  if find_node; then
    leave_note "Node $(node --version)"
    return 0
  fi
  rm -rf .tools
  mkdir -p .tools
  printf '{"private":true}\n' >.tools/package.json
  npm install --prefix .tools --no-audit --no-fund node@22 npm@11
  # Some npms run no scripts of packages; this one puts the program in place.
  if ! [ -x .tools/node_modules/node/bin/node ]; then (cd .tools/node_modules/node && node installArchSpecificPackage.js); fi
  find_node
  leave_note "Node $(node --version) in .tools"
}
