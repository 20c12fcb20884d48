#!/usr/bin/env bash
# showcase.sh RLGYM: trains Runs/showcase anew, the run that a fresh clone can replay at once, and keeps it small: the
# best checkpoint, five episodes, and a replay buffer of 2,000 transitions, since a checkpoint holds it whole.
set -euo pipefail
rlgym=$(realpath "$1")
cd "$(dirname "$0")/.."

rm -rf Runs/showcase
PATH="$(dirname "$rlgym"):$PATH" rlgym train --agent ddpg --seed 0 --set capacity=2000 --name showcase --dashboard off
run=Runs/showcase
best=$("$rlgym" describe showcase --json | grep -o '"bestStep":[0-9]*' | grep -o '[0-9]*$')

mapfile -t steps < <(find $run/episodes -name '*-0.safetensors' -printf '%f\n' | sed 's/-0.safetensors//' | sort -n)
keep=" ${steps[0]} ${steps[$((${#steps[@]} / 8))]} ${steps[$((${#steps[@]} / 2))]} $best ${steps[-1]} "
for step in "${steps[@]}"; do
  [[ "$keep" == *" $step "* ]] || rm "$run/episodes/$step-0.safetensors"
done
# Only going on with the run needs it.
rm "$run/checkpoints/latest.safetensors"

if grep -rnE '(/home|/root|/tmp|/work|/Users)' $run --include='*.yaml' --include='*.txt' --include='*.jsonl'; then
  echo "the run names a path of this machine" >&2
  exit 1
fi
"$rlgym" replay showcase --episode best >/dev/null
"$rlgym" evaluate showcase
du -sh --apparent-size $run
