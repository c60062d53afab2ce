#!/usr/bin/env bash
# Run the whole pipeline on FICTITIOUS data: serve the demo platform, pull everything, release December 2020.
set -euo pipefail
zicht=$1
mkdir -p "$2" && cd "$2"
has_demo() { grep -qs '^# FICTITIOUS: demo data made by `zicht demo`' zicht.toml; }
# The zicht.toml of an earlier demo names a port that is closed now. Any other zicht.toml is kept: the demo refuses it.
if has_demo; then rm zicht.toml; fi
"$zicht" demo --serve &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
until has_demo; do
  kill -0 "$server" || exit 1
  sleep 0.2
done
"$zicht" run
"$zicht" release 2020-12
echo "Next: cd $2 && $zicht status"
