#!/usr/bin/env bash
# Makes a base image out of Debian's packages, for an engine that reaches no registry of images:
#   docker/make-base.sh NAME:TAG
# Needs root and debootstrap. The image takes its packages from where this machine does: apt's mirror and settings, the
# certificates this machine trusts, and where pip and npm are told to look. It is for this machine; do not pass it on.
set -euo pipefail
name="${1:?the name of the image to make}"
suite="${SUITE:-bookworm}"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
root="$work/root"

# The mirror that apt uses here for this suite; debootstrap's own default where apt has none.
mirror="$(apt-get indextargets --format '$(CODENAME) $(SITE)' 'Created-By: Packages' 2>/dev/null \
    | awk -v suite="$suite" '$1 == suite { print $2; exit }' || true)"
debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" ${mirror:+"$mirror"} >&2
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/var/log/*
apt-config dump 2>/dev/null | grep -E '^Acquire::(Check-|Retries|http|https|ForceIPv4)' >"$root/etc/apt/apt.conf.d/90base" || true

bundle=/etc/ssl/base-bundle.crt
cp -L /etc/ssl/certs/ca-certificates.crt "$root$bundle"
changes=(--change "ENV PIP_CERT=$bundle NODE_EXTRA_CA_CERTS=$bundle NPM_CONFIG_CAFILE=$bundle")
hand_on() { [ -z "$2" ] || [ "$2" = undefined ] || [ "$2" = null ] || changes+=(--change "ENV $1=\"$2\""); }
hand_on PIP_INDEX_URL "$(python3 -m pip config get global.index-url 2>/dev/null || printf '%s' "${PIP_INDEX_URL:-}")"
hand_on NPM_CONFIG_REGISTRY "$(npm config get registry 2>/dev/null || true)"
for variable in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    hand_on "$variable" "${!variable:-}"
done

tar -C "$root" -c . | docker import "${changes[@]}" - "$name" >&2
