#!/usr/bin/env bash
# The whole pipeline on FICTITIOUS data: serve the demo platform, pull everything, release December 2020.
set -euo pipefail
zicht=$1
mkdir -p "$2" && cd "$2"
rm -f zicht.toml
"$zicht" demo --serve &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
until [ -f zicht.toml ]; do
  kill -0 "$server" || exit 1
  sleep 0.2
done
"$zicht" run
"$zicht" release 2020-12
echo "Next: cd $2 && $zicht status"
