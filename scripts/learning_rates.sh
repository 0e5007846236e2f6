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
others="qab qac qba qbb qbc qca qcb qcc"
directions=$(for code in $others; do printf 'qaa-%s,%s-qaa,' "$code" "$code"; done)

train_pairs() { # FOLDER AFTER SEED UPDATES OPTION...
    training "$1" "$2" fairseq-train "$demo/bin" --user-dir "$user_dir" \
        --task multilingual_adapter_translation --lang-pairs "${directions%,}" --encoder-langtok tgt \
        --sampling-method temperature --sampling-temperature 2 --arch adapter_transformer \
        --encoder-embed-dim 128 --encoder-ffn-embed-dim 512 --encoder-layers 2 --decoder-layers 2 \
        --encoder-attention-heads 4 --decoder-attention-heads 4 --dropout 0 \
        --criterion label_smoothed_cross_entropy --label-smoothing 0.1 \
        --optimizer fused_adam --adam-betas '(0.9, 0.98)' --clip-norm 1.0 --lr-scheduler inverse_sqrt \
        --max-tokens 1000 --max-update "$4" --num-workers 0 --seed "$3" \
        --validate-interval-updates "$4" --no-epoch-checkpoints --log-format json --log-interval 50 \
        --save-dir "$1" "${@:5}"
}

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
