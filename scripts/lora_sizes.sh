#!/usr/bin/env bash
# What generated LoRA loses when it is small: full heads, heads of low rank, and a generated diagonal between shared
# bases, against LoRA that is stored by language or once, on one frozen backbone for each seed.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/lora_sizes.sh DATA OUT [SYSTEM ...]

  DATA    folder of `hyperadapters demo`, whose binarised constructed languages are used; or a folder with
          corpus.yaml, with CELLS and BACKBONE
  OUT     folder for everything; OUT/comparison has the table, its significance and the picture
  SYSTEM  default: all of these
          backbone      nothing is trained on it (of corpus.yaml: look-up, each word's most frequent label)
          shared        LoRA that is stored once: the control without conditions (rank 8); shared-R: of rank R
          language      LoRA that is stored by language
          full-D        generated, with d_h = D (default: full-4 full-16 full-48)
          low-D-R       the same with heads of rank R (default: low-16-2 low-48-4)
          diagonal-R    shared A and B of rank R, a generated diagonal (default: diagonal-8 diagonal-32)

Each system's learning rate is the one with the least validation loss on the first seed; test sentences are
evaluated with that one alone. Run again, it keeps what is finished.

Environment:
  RATES             default: "0.003 0.01 0.03"
  SEEDS             default: "1 2 3"
  BACKBONE_UPDATES  default 900
  UPDATES           of the adapters (default 600)
  CELLS, EVALUATE   of corpus.yaml: the cells to train and to evaluate (default: all), e.g. pos:en,pos:de
  BACKBONE          of corpus.yaml: what --init-from takes; EXTRA: further options of fairseq-train
  JOBS              runs at a time (default 1)
  PRINT             1: print the trainings that choose the learning rates, and run nothing
TEXT
    exit 2
}

[ $# -ge 2 ] || usage
data=$1 out=$2
shift 2
points=self_attn.q,self_attn.v,ffn.hidden,ffn.out
if [ -f "$data/corpus.yaml" ]; then
    : "${CELLS:?name the cells to train, e.g. pos:en,pos:de}" "${BACKBONE:?name a checkpoint or the folder of an encoder}"
    baseline=look-up
elif [ -d "$data/bin" ]; then
    demo=$data baseline=backbone points=$points,cross_attn.q,cross_attn.v
else
    echo "error: '$data' is no folder of hyperadapters demo, and has no corpus.yaml" >&2
    exit 2
fi
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
systems=${*:-$baseline shared shared-32 language full-4 full-16 full-48 low-16-2 low-48-4 diagonal-8 diagonal-32}
seeds=${SEEDS:-1 2 3}
first=${seeds%% *}
updates=${UPDATES:-600}
validation="--validate-interval-updates $updates"

options_of() { # SYSTEM: its options of fairseq-train
    local rank=8 source=hyper extra=()
    case $1 in
        shared | language) source=$1 ;;
        shared-*) source=shared rank=${1#shared-} ;;
        full-*) extra=(--hyper-hidden "${1#full-}") ;;
        low-*) IFS=- read -r _ hidden head <<<"$1"; extra=(--hyper-hidden "$hidden" --hyper-head-rank "$head") ;;
        diagonal-*) rank=${1#diagonal-} extra=(--lora-diagonal --hyper-hidden 16) ;;
        *) echo "error: '$1' is no system" >&2; exit 2 ;;
    esac
    options=(
        --adapter-kind lora --lora-rank "$rank" --lora-alpha "$rank" --adapter-source "$source"
        --lora-points "$points" --hyper-lang-dim 8 --hyper-layer-dim 8 "${extra[@]}"
    )
}

backbones() { # the trainings of the backbones of all seeds, where none is given
    [ "$baseline" = backbone ] || return 0
    for seed in $seeds; do
        train_pairs "$out/backbone-$seed" "" "$seed" "${BACKBONE_UPDATES:-900}" \
            --adapter-source none --lr 0.004 --warmup-updates 150
    done
}

adapters() { # SEED SYSTEM RATE
    local options start=$out/backbone-$1 folder=$out/$2/$3/$1
    options_of "$2"
    options+=(--freeze-backbone --lr "$3" --warmup-updates 100)
    if [ "$baseline" = look-up ]; then
        train_cells "$folder" "" "$data" "$1" "$CELLS" --init-from "$BACKBONE" --max-update "$updates" "${options[@]}"
    else
        train_pairs "$folder" "$start" "$1" "$updates" --init-from "$start/checkpoint_last.pt" "${options[@]}"
    fi
}

evaluation() { # FOLDER NAME SEED: of a training
    if [ "$baseline" = look-up ]; then
        evaluate_cells "$1" "$data" "${EVALUATE:-all}" "$2" "$out/evaluations/$2/$3"
    else
        job "name=evaluation-$2-$3" "after=${1#"$out"/}" "log=$out/logs/$2-$3.log" hyperadapters evaluate \
            --checkpoint "$1/checkpoint_last.pt" --data "$data/bin" --references "$data/text" --beam 4 --name "$2" \
            --out "$out/evaluations/$2/$3" --cpu
    fi
}

best() { # SYSTEM: its learning rate
    python - "$out/learning_rates.json" "$1" <<'PY'
import json, sys
path, system = sys.argv[1:]
losses = json.load(open(path))[system]
print(min(losses, key=lambda rate: losses[rate][0]))  # of the first seed
PY
}

trained=$(for system in $systems; do case $system in backbone | look-up) ;; *) echo "$system" ;; esac; done)
{
    backbones
    for system in $trained; do
        for rate in ${RATES:-0.003 0.01 0.03}; do adapters "$first" "$system" "$rate"; done
    done
} | run_jobs --at-a-time "${JOBS:-1}"
[ "${PRINT:-}" != 1 ] || exit 0
python "$root/scripts/learning_rate_table.py" "$out"

{
    backbones
    for seed in $seeds; do
        for system in $systems; do
            case $system in
                backbone) evaluation "$out/backbone-$seed" backbone "$seed" ;;
                look-up)
                    [ "$seed" != "$first" ] ||
                        evaluate_look_up "" "$CELLS" "$data" "${EVALUATE:-all}" "$out/evaluations/look-up/$seed" "$seed"
                    ;;
                *)
                    rate=$(best "$system")
                    adapters "$seed" "$system" "$rate"
                    evaluation "$out/$system/$rate/$seed" "$system" "$seed"
                    ;;
            esac
        done
    done
} | run_jobs --at-a-time "${JOBS:-1}"
hyperadapters compare "$out/evaluations" --samples 1000 --out "$out/comparison"
