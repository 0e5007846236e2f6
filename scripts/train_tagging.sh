#!/usr/bin/env bash
# Trains Hyper-X, its control and its baselines on cells (task, language) with several seeds, evaluates all cells and
# compares.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: CELLS=CELL,... scripts/train_tagging.sh CORPUS BACKBONE OUT [SYSTEM ...]

  CORPUS    folder with corpus.yaml
  BACKBONE  checkpoint that every system starts from, as --init-from takes it
  OUT       folder for OUT/SYSTEM-SEED, OUT/evaluations and OUT/comparison
  SYSTEM    default: hyper-x task task-like-hyper-x cell full, and stack if TEXT is given
            look-up              no model: each word's most frequent label in CELLS, whatever the language
            hyper-x              one hypernetwork for tasks and languages
            hyper-x-no-language  the same, but it is not told the language: what is that worth?
            task                 one adapter set a task
            task-like-hyper-x    the same with a bottleneck of WIDE
            cell                 one adapter set a task and language
            stack                language adapters learnt on the cells of TEXT, task adapters on top
            full                 no adapters, the whole encoder trained (with LR_FULL)

Run again, it keeps what is finished, goes on with what was interrupted, and adds systems and seeds. Other
settings are an error for a training that is there: give another OUT.

Environment:
  CELLS       cells to train, e.g. pos:en,ner:de
  TEXT        cells of masked language modelling for the language adapters of the stack, e.g. mlm:en,mlm:de
  EVALUATE    cells to evaluate (default: all that have a test set)
  SEEDS       default: "1 2 3"; look-up has one run, with the sentences that the first one draws
  UPDATES     of each training (default 600); the language adapters of the stack get as many
  BOTTLENECK  default 64; WIDE: that of task-like-hyper-x (default 142)
  HIDDEN      d_h of hyper-x and hyper-x-no-language (default 8)
  LR          default 0.003; LR_FULL: that of full (default 0.0005)
  JOBS        runs at a time (default 1)
  EXTRA       further options of fairseq-train for all of them
  PRINT       1: print the commands and run nothing
TEXT
    exit 2
}

[ $# -ge 3 ] || usage
corpus=$1 backbone=$2 out=$3
shift 3
[ -n "${CELLS:-}" ] || { echo "error: CELLS is not set: name the cells to train, e.g. CELLS=pos:en,ner:de" >&2; exit 2; }
[ "${PRINT:-}" = 1 ] || [ -s "$backbone" ] || { echo "error: there is no checkpoint '$backbone'" >&2; exit 2; }
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
systems=${*:-look-up hyper-x hyper-x-no-language task task-like-hyper-x cell full${TEXT:+ stack}}
for system in $systems; do
    case $system in
        look-up | hyper-x | hyper-x-no-language | task | task-like-hyper-x | cell | full) ;;
        stack) [ -n "${TEXT:-}" ] || { echo "error: 'stack' needs TEXT, e.g. TEXT=mlm:en,mlm:de" >&2; exit 2; } ;;
        *) echo "error: '$system' is no system: use look-up, hyper-x, hyper-x-no-language, task, task-like-hyper-x, cell, stack or full" >&2; exit 2 ;;
    esac
done

system_jobs() { # SYSTEM SEED
    local system=$1 seed=$2 start=$backbone after="" folder=$out/$1-$2 length=(--max-update "${UPDATES:-600}")
    local adapters=(--freeze-backbone --adapter-bottleneck "${BOTTLENECK:-64}" --lr "${LR:-0.003}")
    case $system in
        hyper-x) set -- "${hyper_x[@]}" --hyper-hidden "${HIDDEN:-8}" ;;
        hyper-x-no-language) set -- "${hyper_x[@]}" --hyper-hidden "${HIDDEN:-8}" "${no_language[@]}" ;;
        task) set -- --adapter-source task ;;
        task-like-hyper-x) set -- --adapter-source task --adapter-bottleneck "${WIDE:-142}" ;;
        cell) set -- --adapter-source task --encoder-adapter-condition src,task ;;
        full) adapters=() && set -- --adapter-source none --lr "${LR_FULL:-0.0005}" ;;
        stack)
            after=$out/language-$seed start=$out/language-$seed/checkpoint_last.pt
            train_cells "$after" "" "$corpus" "$seed" "$TEXT" --init-from "$backbone" "${adapters[@]}" "${length[@]}" \
                --adapter-source language
            set -- --adapter-source stack
            ;;
    esac
    train_cells "$folder" "$after" "$corpus" "$seed" "$CELLS" --init-from "$start" "${adapters[@]}" "${length[@]}" "$@"
    evaluate_cells "$folder" "$corpus" "${EVALUATE:-all}" "$system" "$out/evaluations/$system-$seed"
}

seeds=${SEEDS:-1 2 3}
for seed in $seeds; do
    for system in $systems; do
        if [ "$system" != look-up ]; then
            system_jobs "$system" "$seed"
        elif [ "$seed" = "${seeds%% *}" ]; then
            evaluate_look_up "" "$CELLS" "$corpus" "${EVALUATE:-all}" "$out/evaluations/look-up" "$seed"
        fi
    done
done | run_jobs --at-a-time "${JOBS:-1}"
job name=comparison "log=$out/comparison.log" hyperadapters compare "$out/evaluations" --samples 1000 \
    --out "$out/comparison" | run_jobs
[ "${PRINT:-}" = 1 ] || cat "$out/comparison/comparison.md"
