#!/usr/bin/env bash
# bench.sh RLGYM: measures on one core, first rlgym alone, then in turns with each peer whose packages Python finds:
# python3, or the one that RLGYM_PYTHON names.
set -euo pipefail
rlgym=$(realpath "$1")
[[ ${RLGYM_PYTHON:-} == */* ]] && RLGYM_PYTHON=$(realpath -s "$RLGYM_PYTHON")
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
python=${RLGYM_PYTHON:-python3}
if command -v "$python" >/dev/null; then
  "${one_core[@]}" "$python" compare.py "$rlgym"
else
  echo "No $python: no peers to compare with."
fi
