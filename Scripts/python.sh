#!/usr/bin/env bash
# Makes .venv with the Python packages that tests hold files against: safetensors, TensorBoard, NumPy.
# Without it those tests skip themselves: so a failure is told and is not an error.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(numpy safetensors tensorboard)
marker=.venv/installed
[[ -e $marker && $(cat "$marker") == "${packages[*]}" ]] && exit 0

python3 -c 'import ensurepip, venv' 2>/dev/null || Scripts/packages.sh python || true
echo "Installing ${packages[*]} from PyPI into .venv for the cross-checks."
pip=(.venv/bin/python -m pip --disable-pip-version-check --quiet --retries 2)
if python3 -m venv --clear .venv && "${pip[@]}" install "${packages[@]}" </dev/null; then
  echo "${packages[*]}" >"$marker"
else
  rm -rf .venv
  echo "Could not: tests that read rlgym's files with Python are skipped."
fi
