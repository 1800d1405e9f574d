#!/usr/bin/env bash
# Make a stand-in for the official python:3.x-slim-bookworm image out of Debian's packages and this host's CPython.
#
#   make-base.sh IMAGE
#
# For building and trying the project's image where no image registry is reached. The interpreter is copied from
# this host, so that pip and site-packages are where the official image has them (Debian's own python3 keeps them
# elsewhere). What this host needs to reach its package index, certificates and pip's settings, goes into the image
# too: use it for tests, never ship it.
set -euo pipefail
image=${1:?usage: make-base.sh IMAGE}

prefix=$(python3 -c 'import sys; print(sys.base_prefix)')
version=$(python3 -c 'import sys; print("{}.{}".format(*sys.version_info))')
if [[ $prefix == /usr ]]; then
  echo "make-base.sh: python3 is the distribution's own; a CPython with a prefix of its own is needed" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

# The libraries that CPython's extension modules are linked against.
libraries=(libbz2-1.0 libcrypt1 libexpat1 libffi8 libgdbm6 liblzma5 libncursesw6 libnsl2 libreadline8 libsqlite3-0
  libssl3 libtirpc3 libuuid1 zlib1g)
packages=(ca-certificates netbase tzdata "${libraries[@]}")
mmdebstrap --quiet --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" \
  --aptopt='Acquire::Languages "none"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  bookworm "$root"

local=$root/usr/local
mkdir -p "$local/bin" "$local/lib"
cp -a "$prefix/bin/python$version" "$local/bin/"
ln -s "python$version" "$local/bin/python3"
ln -s "python$version" "$local/bin/python"
find "$prefix/lib" -maxdepth 1 -name "libpython$version.so*" -exec cp -a {} "$local/lib/" \;
tar -C "$prefix/lib" -cf - \
  --exclude=__pycache__ \
  --exclude="python$version/site-packages" \
  --exclude="python$version/test" \
  --exclude="python$version/idlelib" \
  --exclude="python$version/config-*" \
  --exclude='*/tests' \
  --exclude='_tkinter*.so' \
  "python$version" | tar -C "$local/lib" -xf -
mkdir "$local/lib/python$version/site-packages"

certificates=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
cp "$certificates" "$root/etc/ssl/certs/ca-certificates.crt"
{
  printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n'
  # An index, a time limit or a trusted host that this host's pip is told by its environment.
  for setting in index-url extra-index-url trusted-host default-timeout; do
    variable=PIP_$(tr 'a-z-' 'A-Z_' <<<"$setting")
    if [[ -n ${!variable:-} ]]; then printf '%s = %s\n' "$setting" "${!variable}"; fi
  done
} >"$root/etc/pip.conf"

chroot "$root" /sbin/ldconfig
chroot "$root" /usr/local/bin/python3 -m ensurepip --upgrade --default-pip >/dev/null
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*

container=$(buildah from scratch)
buildah add --quiet "$container" "$root" / >/dev/null
buildah config \
  --env PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin \
  --env LANG=C.UTF-8 \
  --cmd python3 "$container"
buildah commit --quiet --rm "$container" "$image" >/dev/null
