#!/bin/sh
# What the suite needs of the machine beside Python: installed where that is allowed, otherwise named. Nothing is skipped for want of it.
set -eu

missing=''
need() { # program, Debian package
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need git git
need git-lfs git-lfs
need chromium chromium
need docker-registry docker-registry
[ -x "${SBIN-/usr/sbin}/sshd" ] || need sshd openssh-server # where people who are not root do not look
[ -x "${SBIN-/usr/sbin}/nginx" ] || need nginx nginx-light # likewise
need ssh-keygen openssh-client
need setfacl acl
[ -n "$missing" ] || exit 0

install="apt-get install --yes --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need these programs; install them as your system does:$missing" >&2
    exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root=''
elif sudo --non-interactive true 2>/dev/null; then
    as_root='sudo --non-interactive'
else
    echo "The tests need programs that only root may install. Run this, then the tests again:" >&2
    echo "    sudo apt-get update && sudo $install" >&2
    exit 1
fi
echo "Installing what the tests need:$missing ..."
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  the words of a command
$as_root apt-get update --quiet=2 && $as_root $install --quiet=2
