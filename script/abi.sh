#!/usr/bin/env bash
# Writes contracts/abi/, the interfaces that the indexer and every client read, from the compiled contracts.
#   script/abi.sh           write them
#   script/abi.sh --check   compare only; exit 1 if one is stale
set -euo pipefail
cd "$(dirname "$0")/.."

readonly contracts=(Chartkey ChartkeyLens ERC2771Forwarder)

usage() {
  echo "usage: script/abi.sh [--check]" >&2
  exit 2
}

abi() {
  node -e '
    const { abi } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
    console.log(JSON.stringify(abi, null, 2));
  ' "out/$1.sol/$1.json"
}

case "${1:-}" in
  "" | --check) ;;
  *) usage ;;
esac

# The script deploys all of them, the forwarder of OpenZeppelin too.
script/forge build contracts script --quiet

stale=0
for contract in "${contracts[@]}"; do
  committed=contracts/abi/$contract.json
  if [ -z "${1:-}" ]; then
    abi "$contract" > "$committed"
  elif ! abi "$contract" | cmp --silent - "$committed"; then
    echo "$committed is stale: run script/abi.sh and commit it" >&2
    stale=1
  fi
done
exit "$stale"
