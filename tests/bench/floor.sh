#!/bin/sh
# The floor of *overhead* and *burst*: fetch a commit into a bare mirror, check it out, run three commands.
# $1 mirror, $2 URL, $3 commit, $4 work tree
set -e
git -C "$1" fetch --quiet --no-tags --no-write-fetch-head --depth=1 "$2" "$3"
mkdir -p "$4"
git -C "$1" --work-tree="$4" checkout --quiet --detach --force "$3" -- . 2>/dev/null || git -C "$1" --work-tree="$4" checkout --quiet --force "$3" -- .
(cd "$4" && sh -c true && sh -c true && sh -c true)
