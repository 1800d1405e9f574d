#!/usr/bin/env bash
# Open the pages of the running service in Chromium, and call it from a page of another origin: bash .ci/browser.sh
#
# Installs Chromium, a font, node and npm from Debian when they are missing (Debian 12 brings node 18, the oldest that
# the driver runs on), and the driver and axe-core as tests/browser/package-lock.json pins them. None of their install
# scripts is run, and no browser is downloaded.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=()
command -v chromium >/dev/null || packages+=(chromium)
dpkg --status fonts-dejavu-core >/dev/null 2>&1 || packages+=(fonts-dejavu-core)
command -v node >/dev/null || packages+=(nodejs)
command -v npm >/dev/null || packages+=(npm)
if ((${#packages[@]})); then
  echo "Installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
printf '%s, node %s, npm %s\n' "$(chromium --version 2>/dev/null)" "$(node --version)" "$(npm --version)"

npm --prefix tests/browser ci --ignore-scripts --no-audit --no-fund --loglevel=error
make test ARGS="-n 0 -m browser tests/browser"
