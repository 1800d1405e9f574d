#!/usr/bin/env bash
# Build the image that tests/container tries, localhost/hip-spine-cds:ci, from the Dockerfile.
#
# Installs podman, buildah and what they need from Debian when they are missing. BASE_IMAGE names another base
# image; without it a stand-in is made once from this host (.ci/make-base.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CONTAINERS_CONF=${CONTAINERS_CONF:-$PWD/.ci/containers.conf}

packages=(aardvark-dns buildah catatonit iptables mmdebstrap netavark podman runc)
if ! dpkg --status "${packages[@]}" >/dev/null 2>&1; then
  echo "Installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

if [[ -z ${BASE_IMAGE:-} ]]; then
  BASE_IMAGE=localhost/hip-spine-base:$(python3 -c 'import sys; print("{}.{}.{}".format(*sys.version_info))')
  if ! podman image exists "$BASE_IMAGE"; then
    echo "Making the base image $BASE_IMAGE"
    bash .ci/make-base.sh "$BASE_IMAGE"
  fi
fi

# Without the docker format, HEALTHCHECK is dropped.
image=localhost/hip-spine-cds:ci
buildah bud --isolation chroot --network host --format docker --layers --build-arg "BASE=$BASE_IMAGE" --tag "$image" .
podman image inspect --format 'Size of the image: {{.Size}} bytes' "$image"
