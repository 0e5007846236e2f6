#!/usr/bin/env bash
# Trains a backbone and, on it, the systems that the hyper-adapter paper compares. Finished systems are
# kept and interrupted ones resumed when it is run again.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/train_grid.sh PREPARED OUT [SYSTEM ...]

  PREPARED  folder that `hyperadapters prepare` wrote
  OUT       folder for OUT/SYSTEM/checkpoint_*.pt and OUT/SYSTEM.log
  SYSTEM    what to train after the backbone (default: all of the scale)
            language             language adapters
            pair                 adapters for each direction
            shared               one adapter set for all
            hyper-N              hyper-adapters with d_h = N
            hyper-N-no-rescale   the same without the rescaling
            backbone-continued   no adapters, the whole backbone trained on
            backbone             the backbone alone, to train nothing else

Environment:
  SCALE    base (Transformer-Base, for GPUs; default) or small (for a CPU)
  JOBS     systems trained at a time (default 1)
  GPUS     e.g. 0,1,2,3: one system on each of these at a time, in place of JOBS; the backbone on the first
  SLURM    options of sbatch, e.g. "--gpus 1 --time 2-0": submit one job for the backbone and one for each
           system, which waits for the backbone, in place of training here
  UPDATES  updates of the backbone, ADAPTER_UPDATES those of every system on it
  EXTRA    further options of fairseq-train for all of them, e.g. "--fp16 --update-freq 4"
  PRINT    1: print the commands and train nothing
TEXT
    exit 2
}

[ $# -ge 2 ] || usage
prepared=$1 out=$2
shift 2
[ -s "$prepared/directions.txt" ] || { echo "error: '$prepared' has no directions.txt: give a folder that hyperadapters prepare wrote" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
PATH=$root/.venv/bin:$PATH
user_dir=$(hyperadapters user-dir)

case ${SCALE:-base} in
    base)
        size="--arch adapter_transformer --dropout 0.1 --adapter-bottleneck 128"
        batch="--max-tokens 8192 --num-workers 2 --fp16"
        backbone_rate="--lr 0.0007 --warmup-updates 4000"
        updates=${UPDATES:-100000} adapter_updates=${ADAPTER_UPDATES:-20000} every=2000
        systems="language pair hyper-102 hyper-204 hyper-612 hyper-612-no-rescale"
        ;;
    small)
        size="--arch adapter_transformer --dropout 0.1 --encoder-embed-dim 128 --encoder-ffn-embed-dim 512
            --encoder-layers 3 --decoder-layers 3 --encoder-attention-heads 4 --decoder-attention-heads 4
            --adapter-bottleneck 32"
        batch="--max-tokens 2048 --num-workers 0 --cpu"
        backbone_rate="--lr 0.002 --warmup-updates 1000"
        updates=${UPDATES:-12000} adapter_updates=${ADAPTER_UPDATES:-4000} every=1000
        systems="language pair hyper-15 hyper-30 hyper-68 hyper-612 hyper-612-no-rescale"
        ;;
    *) echo "error: SCALE=$SCALE: use base or small" >&2; exit 2 ;;
esac
[ $# -eq 0 ] || systems=$*

# sets `own` to the options of fairseq-train that make a system
options_of() {
    # shellcheck disable=SC2206
    case $1 in
        backbone) own=(--adapter-source none $backbone_rate --max-update "$updates") && return ;;
        backbone-continued) own=(--adapter-source none) ;;
        language | pair | shared) own=(--adapter-source "$1" --freeze-backbone) ;;
        hyper-*-no-rescale) hidden=${1#hyper-} && own=(--adapter-source hyper --hyper-hidden "${hidden%-no-rescale}" --hyper-no-rescale --freeze-backbone) ;;
        hyper-[0-9]*) own=(--adapter-source hyper --hyper-hidden "${1#hyper-}" --freeze-backbone) ;;
    esac
    own+=(--init-from "$out/backbone/checkpoint_best.pt" --lr 0.001 --warmup-updates 500 --max-update "$adapter_updates")
}

train() {
    local system=$1 own finished=$out/$1/finished
    options_of "$system"
    # shellcheck disable=SC2086
    set -- --task multilingual_adapter_translation --lang-pairs "$prepared/directions.txt" \
        --encoder-langtok tgt --sampling-method temperature --sampling-temperature 5 $size "${own[@]}" \
        --criterion label_smoothed_cross_entropy --label-smoothing 0.1 \
        --optimizer fused_adam --adam-betas '(0.9, 0.98)' --clip-norm 1.0 --lr-scheduler inverse_sqrt --ddp-backend legacy_ddp \
        $batch --seed 1 --validate-interval-updates $every --save-interval-updates $every \
        --keep-interval-updates 1 --no-epoch-checkpoints --log-format json --log-interval 50 \
        --save-dir "$out/$system" ${EXTRA:-}
    settings=$(printf '%q ' "$@")
    set -- fairseq-train "$prepared/bin" --user-dir "$user_dir" "$@"
    [ "${PRINT:-}" != 1 ] || { printf '%q ' "$@"; echo; return; }
    if [ -e "$finished" ]; then
        if [ ! -s "$finished" ] || [ "$(cat "$finished")" = "$settings" ]; then
            echo "== $system: finished before"
        elif [ "$system" = backbone ] && [ "$systems" != backbone ]; then
            echo "== backbone: finished before with other settings (they are in $finished), used as it is"
        else
            echo "error: $system was trained with other settings (they are in $finished): delete that file to go on from its last checkpoint with these, or name another OUT" >&2
            return 1
        fi
        return
    fi
    echo "== $system (log: $out/$system.log)"
    mkdir -p "$out/$system"
    "$@" >>"$out/$system.log" 2>&1 || { echo "error: training $system failed, see the end of $out/$system.log" >&2; return 1; }
    echo "$settings" >"$finished"
}

for system in $systems; do
    case $system in
        backbone | backbone-continued | language | pair | shared) ;;
        hyper-*) [[ $system =~ ^hyper-[1-9][0-9]*(-no-rescale)?$ ]] || { echo "error: '$system' is no system: use e.g. hyper-204" >&2; exit 2; } ;;
        *) echo "error: '$system' is no system: use e.g. language, pair, shared, hyper-204, hyper-612-no-rescale" >&2; exit 2 ;;
    esac
done

[[ ${JOBS:-1} =~ ^[1-9][0-9]*$ ]] || { echo "error: JOBS=$JOBS: give how many systems to train at a time" >&2; exit 2; }
[[ ${GPUS:-0} =~ ^[0-9A-Za-z-]+(,[0-9A-Za-z-]+)*$ ]] || { echo "error: GPUS=$GPUS: give numbers with commas, e.g. 0,1" >&2; exit 2; }

submit() { # NAME SYSTEM [option of sbatch]: prints the number of the job
    # shellcheck disable=SC2086
    sbatch --parsable $SLURM ${3:-} --job-name "$1" --wrap "SLURM= exec $(printf '%q ' "$root/scripts/train_grid.sh" "$prepared" "$out" "$2")"
}
if [ -n "${SLURM:-}" ]; then
    first=$(submit grid-backbone backbone)
    echo "backbone: job $first"
    for system in $systems; do
        [ "$system" = backbone ] || echo "$system: job $(submit "grid-$system" "$system" "--dependency=afterok:${first%%;*}")"
    done
    exit
fi

IFS=, read -ra gpus <<<"${GPUS:-}"
jobs=${JOBS:-1}
[ ${#gpus[@]} -eq 0 ] || jobs=${#gpus[@]}
if [ ${#gpus[@]} -eq 0 ]; then
    train backbone
else # on one, so that its batches do not depend on how many there are
    CUDA_VISIBLE_DEVICES=${gpus[0]} train backbone
fi
status=0
# worker I trains every jobs-th system, on its own GPU if there are any
worker() {
    local number=0 failed=0
    [ ${#gpus[@]} -eq 0 ] || export CUDA_VISIBLE_DEVICES=${gpus[$1]}
    for system in $systems; do
        if [ $((number++ % jobs)) -eq "$1" ] && [ "$system" != backbone ]; then
            train "$system" || failed=1
        fi
    done
    return $failed
}
workers=()
for ((index = 0; index < jobs; index++)); do
    worker "$index" &
    workers+=($!)
done
for process in "${workers[@]}"; do wait "$process" || status=1; done
exit $status
