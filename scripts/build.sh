# How the parts are built. Sourced.

# A job of g++ takes up to 1.5 GB here: no more jobs than memory, or a small server runs out of it.
count_jobs() {
  local jobs memory
  jobs=$(nproc)
  memory=$(awk '/^MemAvailable:/{print int($2 / 1500000)}' /proc/meminfo)
  if [ "$memory" -lt "$jobs" ]; then jobs=$memory; fi
  if [ "$jobs" -lt 1 ]; then jobs=1; fi
  say "$jobs"
}

# build_preset NAME [TARGET...]; CMAKE_ARGS holds more settings.
build_preset() {
  local preset=$1
  shift
  find_compiler
  # shellcheck disable=SC2086
  cmake --preset "$preset" ${CMAKE_ARGS:-}
  ninja -C "build/$preset" -j"$(count_jobs)" "$@"
}

# npm ci in a folder, only when its lock file or Node changed since the last time it went well.
npm_install_in() {
  local dir=$1 stamp
  stamp=$({ node --version && cat "$dir/package.json" "$dir/package-lock.json"; } | sha256sum)
  if [ "$(cat "$dir/node_modules/.installed" 2>/dev/null || true)" = "$stamp" ]; then return 0; fi
  rm -f "$dir/node_modules/.installed"
  (cd "$dir" && npm ci --no-audit --no-fund)
  printf '%s' "$stamp" >"$dir/node_modules/.installed"
}

web_sources() {
  find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
}

build_web() {
  local stamp
  stamp=$(web_sources | sha256sum)
  if [ -f web/dist/index.html ] && [ "$(cat build/web.stamp 2>/dev/null || true)" = "$stamp" ]; then
    leave_note 'unchanged'
    return 0
  fi
  rm -f build/web.stamp
  npm_install_in web
  (cd web && npm run build)
  printf '%s' "$stamp" >build/web.stamp
}
