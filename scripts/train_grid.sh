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
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
scale=${SCALE:-base}
export UPDATES ADAPTER_UPDATES EXTRA
case $scale in
    base) systems="language pair hyper-102 hyper-204 hyper-612 hyper-612-no-rescale" ;;
    small) systems="language pair hyper-15 hyper-30 hyper-68 hyper-612 hyper-612-no-rescale" ADAPTER_UPDATES=${ADAPTER_UPDATES:-4000} ;;
    *) echo "error: SCALE=$SCALE: use base or small" >&2; exit 2 ;;
esac
[ $# -eq 0 ] || systems=$*

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

slots=(--at-a-time "${JOBS:-1}")
[ -z "${GPUS:-}" ] || slots=(--gpus "$GPUS")
# shellcheck disable=SC2086
python "$root/scripts/grid_jobs.py" "$user_dir" "$prepared" "$out" "$scale" $systems | run_jobs "${slots[@]}" || exit 1
