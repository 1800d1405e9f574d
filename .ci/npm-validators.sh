#!/usr/bin/env bash
# Put everything in FHIR that the service sends before the validators of tests/npm: bash .ci/npm-validators.sh
#
# Installs node and npm from Debian when they are missing (Debian 12 brings node 18, the oldest that the validators
# run on), and the validators as tests/npm/package-lock.json pins them. None of their install scripts is run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "Installing nodejs and npm"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
printf 'node %s, npm %s\n' "$(node --version)" "$(npm --version)"

npm --prefix tests/npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
make test ARGS="-n 0 -m npm tests/npm"
