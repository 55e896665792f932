#!/usr/bin/env bash
# Installs the Prisma versions that the tests run into tests/prisma/<major>/node_modules. Does nothing where they are there
# already and came from the present lock file. Usage: install.sh [major…]   (default: 7 6)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
[ $# -gt 0 ] || set -- 7 6

for major in "$@"; do
  # Several test processes may ask at once. Where there is no flock (macOS, Windows), ask once before the tests.
  exec 9< "$major/package-lock.json"
  if command -v flock > /dev/null; then flock 9; fi
  stamp="$major/node_modules/.prisma-safe-stamp"
  lock=$(cksum < "$major/package-lock.json")
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$lock" ]; then continue; fi
  # --ignore-scripts: Prisma's install script would try to download the native engines.
  (cd "$major" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  printf '%s\n' "$lock" > "$stamp"
done
