#!/usr/bin/env bash
# Writes contracts/abi/Chartkey.json, the interface that the indexer and every client read, from the compiled contract.
#   script/abi.sh           write it
#   script/abi.sh --check   compare only; exit 1 if it is stale
set -euo pipefail
cd "$(dirname "$0")/.."

readonly committed=contracts/abi/Chartkey.json
readonly compiled=out/Chartkey.sol/Chartkey.json

script/forge build contracts --quiet

abi() {
  node -e '
    const { abi } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
    console.log(JSON.stringify(abi, null, 2));
  ' "$compiled"
}

case "${1:-}" in
  "")
    abi > "$committed"
    ;;
  --check)
    if ! abi | cmp --silent - "$committed"; then
      echo "$committed is stale: run script/abi.sh and commit it" >&2
      exit 1
    fi
    ;;
  *)
    echo "usage: script/abi.sh [--check]" >&2
    exit 2
    ;;
esac
