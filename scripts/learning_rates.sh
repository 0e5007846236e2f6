#!/usr/bin/env bash
# Language adapters and hyper-adapters of as many parameters on one frozen backbone, each with several
# learning rates: which of them leads depends on the rate.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/learning_rates.sh DEMO OUT

  DEMO  folder of `hyperadapters demo`, whose binarised constructed languages are used
  OUT   folder for everything; OUT/learning_rates.md and .json are the result

For each seed a backbone is trained without adapters, then frozen, and adapters are trained on it. The figure is
the validation loss (nll, bits a piece) after the last update, mean over the trained directions' sentences.
Run again, it keeps what is finished.

Environment:
  SYSTEMS           default: "language hyper-34" (hyper-N: hyper-adapters with d_h = N)
  RATES             default: "0.001 0.003 0.01"
  SEEDS             default: "1 2 3"
  BACKBONE_UPDATES  default 900
  UPDATES           of the adapters (default 600)
  JOBS              runs at a time (default 1)
  PRINT             1: print the commands and run nothing
TEXT
    exit 2
}

[ $# -eq 2 ] || usage
demo=$1 out=$2
[ -d "$demo/bin" ] || { echo "error: '$demo' is no folder of hyperadapters demo" >&2; exit 2; }
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
adapters() { # SEED SYSTEM RATE
    local system=(--adapter-source "$2") start=$out/backbone-$1
    case $2 in hyper-*) system=(--adapter-source hyper --hyper-hidden "${2#hyper-}" --hyper-lang-dim 8 --hyper-layer-dim 8) ;; esac
    train_pairs "$out/$2/$3/$1" "$start" "$1" "${UPDATES:-600}" --init-from "$start/checkpoint_last.pt" \
        --freeze-backbone --adapter-bottleneck 32 "${system[@]}" --lr "$3" --warmup-updates 100
}

{
    for seed in ${SEEDS:-1 2 3}; do
        train_pairs "$out/backbone-$seed" "" "$seed" "${BACKBONE_UPDATES:-900}" \
            --adapter-source none --lr 0.004 --warmup-updates 150
    done
    for seed in ${SEEDS:-1 2 3}; do
        for rate in ${RATES:-0.001 0.003 0.01}; do
            for system in ${SYSTEMS:-language hyper-34}; do adapters "$seed" "$system" "$rate"; done
        done
    done
} | run_jobs --at-a-time "${JOBS:-1}"
job name=table "log=$out/table.log" python "$root/scripts/learning_rate_table.py" "$out" | run_jobs
[ "${PRINT:-}" = 1 ] || cat "$out/learning_rates.md"
