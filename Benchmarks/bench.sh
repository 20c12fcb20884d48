#!/usr/bin/env bash
# bench.sh RLGYM: measures on one core, first rlgym alone, then in turns with each peer whose packages python3 finds.
set -euo pipefail
rlgym=$(realpath "$1")
cd "$(dirname "$0")"

# A preset that fits another machine would choose slower kernels.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
one_core=()
if command -v taskset >/dev/null; then
  core=$(taskset -cp $$ | sed 's/.*[^0-9]//')
  one_core=(taskset -c "$core")
  echo "On core $core:"
fi
"${one_core[@]}" "$rlgym" benchmark
if command -v python3 >/dev/null; then
  "${one_core[@]}" python3 compare.py "$rlgym"
else
  echo "No python3: no peers to compare with."
fi
