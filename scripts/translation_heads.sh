#!/usr/bin/env bash
# Language-specific subnetworks of a translation model: heads pruned for each language, the masks put onto the model as
# it is, and a model trained with them from its start, against random masks and one shared mask of as many heads.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/translation_heads.sh DEMO OUT

  DEMO  folder of `hyperadapters demo`, whose binarised constructed languages are used
  OUT   folder for everything; OUT/comparison has the table and its significance, OUT/masks-SEED the masks

Systems: all heads; masked, random-masked, shared-masked: the same model with masks, not trained with them; trained,
random-trained, shared-trained: as many updates with the masks from the start. Run again, it keeps what is finished.

Environment:
  THRESHOLD  share of the whole model's score down to which heads are pruned (default 0.95)
  SENTENCES  of each direction on which they are pruned (default 100)
  SEEDS      default: "1 2 3"
  UPDATES    default 900
  JOBS       runs at a time (default 1)
  PRINT      1: print the trainings and run nothing
TEXT
    exit 2
}

[ $# -eq 2 ] || usage
demo=$1 out=$2
[ -d "$demo/bin" ] || { echo "error: '$demo' is no folder of hyperadapters demo" >&2; exit 2; }
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"

train() { # FOLDER AFTER SEED OPTION...
    train_pairs "$1" "$2" "$3" "${UPDATES:-900}" --lr 0.004 --warmup-updates 150 "${@:4}"
}

step() { # NAME AFTER COMMAND...: a command that is run once
    job "name=$1" "after=$2" "log=$out/logs/$1.log" "marker=$out/finished/$1" "${@:3}"
}

evaluate_pairs() { # NAME SEED CHECKPOINT AFTER
    step "evaluation-$1-$2" "$4" hyperadapters evaluate --checkpoint "$3" --data "$demo/bin" \
        --references "$demo/text" --beam 4 --name "$1" --out "$out/evaluations/$1/$2" --cpu
}

for seed in ${SEEDS:-1 2 3}; do
    whole=all-$seed masks=masks-$seed
    train "$out/$whole" "" "$seed" --adapter-source none
    evaluate_pairs "all heads" "$seed" "$out/$whole/checkpoint_last.pt" "$whole"
    step "$masks" "$whole" hyperadapters subnetworks find --checkpoint "$out/$whole/checkpoint_last.pt" \
        --data "$demo/bin" --threshold "${THRESHOLD:-0.95}" --sentences "${SENTENCES:-100}" --cpu --out "$out/$masks"
    for name in masks random shared; do
        file=$out/$masks/$name.json before=$masks prefix=$name-
        if [ "$name" = masks ]; then
            prefix=""
        else
            before=$name-$seed
            step "$before" "$masks" hyperadapters subnetworks "$name" "$out/$masks/masks.json" --out "$file"
        fi
        step "${prefix}masked-$seed" "$before" hyperadapters subnetworks apply "$file" \
            --checkpoint "$out/$whole/checkpoint_last.pt" --out "$out/${prefix}masked-$seed.pt"
        evaluate_pairs "${prefix}masked" "$seed" "$out/${prefix}masked-$seed.pt" "${prefix}masked-$seed"
        train "$out/${prefix}trained-$seed" "$before" "$seed" \
            --adapter-kind head_mask --adapter-source language --head-masks "$file"
        evaluate_pairs "${prefix}trained" "$seed" "$out/${prefix}trained-$seed/checkpoint_last.pt" "${prefix}trained-$seed"
    done
done | run_jobs --at-a-time "${JOBS:-1}"
[ "${PRINT:-}" = 1 ] || hyperadapters compare "$out/evaluations" --samples 1000 --out "$out/comparison"
