#!/usr/bin/env bash
# Usage: Scripts/docs.sh RLGYM
# Writes the documentation archive of the environments to .build/docs: a page for each that RLGYM lists, from the text
# that `describe` prints, beside the library's symbols.
set -euo pipefail
cd "$(dirname "$0")/.."
rlgym=$1
work=.build/docs-work
catalogue=$work/Environments.docc
rm -rf "$work" .build/docs
mkdir -p "$work/symbols"
cp -r Documentation/Environments.docc "$catalogue"
"$rlgym" list envs --json | python3 -c 'import json, sys; [print(e["id"]) for e in json.load(sys.stdin)["envs"]]' |
  while read -r id; do
    "$rlgym" describe "$id" --markdown >"$catalogue/$id.md"
    echo "- <doc:$id>" >>"$catalogue/Environments.md"
  done
swift build --target Environments --scratch-path "$work/build" \
  -Xswiftc -emit-symbol-graph -Xswiftc -emit-symbol-graph-dir -Xswiftc "$PWD/$work/symbols"
find "$work/symbols" -name '*.json' ! -name 'Environments*' -delete
docc convert "$catalogue" --additional-symbol-graph-dir "$work/symbols" --output-path .build/docs \
  --fallback-display-name Environments --fallback-bundle-identifier rlgym.Environments
echo "wrote .build/docs; read it with: docc preview, or serve the folder"
