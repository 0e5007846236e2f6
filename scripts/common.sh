# Sourced by the scripts of studies: one fairseq-train command, run unless finished before.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PATH=$root/.venv/bin:$PATH
user_dir=$(hyperadapters user-dir)

run() { # LOG COMMAND...
    [ "${PRINT:-}" != 1 ] || { shift && printf '%q ' "$@" && echo && return; }
    mkdir -p "$(dirname "$1")"
    "${@:2}" >>"$1" 2>&1 || { echo "error: see the end of $1" >&2; return 1; }
}

train_once() { # FOLDER COMMAND...
    local folder=$1
    shift
    if [ -e "$folder/finished" ] && [ "${PRINT:-}" != 1 ]; then
        [ "$*" = "$(cat "$folder/finished")" ] || {
            echo "error: '$folder' was trained with other options (see $folder/finished): give another OUT" >&2
            return 2
        }
        return 0
    fi
    run "$folder.log" "$@" || return
    [ "${PRINT:-}" = 1 ] || echo "$*" >"$folder/finished"
}

train_cells() { # FOLDER CORPUS SEED CELLS OPTION...
    local folder=$1 corpus=$2 seed=$3 cells=$4
    shift 4
    # shellcheck disable=SC2086
    train_once "$folder" fairseq-train "$corpus" --user-dir "$user_dir" --task hyperx \
        --task-languages "$cells" --arch hyperx_encoder_tiny --criterion multitask_cross_entropy \
        --optimizer fused_adam --adam-betas '(0.9, 0.98)' --clip-norm 1.0 --lr-scheduler inverse_sqrt \
        --warmup-updates 100 --max-tokens 2000 --seed "$seed" \
        --no-epoch-checkpoints --save-interval-updates 200 --keep-interval-updates 1 --disable-validation \
        --num-workers 0 --log-format json --log-interval 50 --save-dir "$folder" "$@" ${EXTRA:-}
}

evaluate_cells() { # FOLDER CORPUS CELLS NAME OUT
    run "$1.evaluation.log" hyperadapters evaluate-tagging --checkpoint "$1/checkpoint_last.pt" \
        --data "$2" --cells "$3" --name "$4" --out "$5"
}

evaluate_look_up() { # TRAINED_CELLS CORPUS CELLS OUT SEED
    [ "${PRINT:-}" = 1 ] || echo "== look-up (log: $4.log)"
    run "$4.log" hyperadapters evaluate-tagging --look-up "$1" --data "$2" --cells "$3" --out "$4" --seed "$5"
}

# Hyper-X for small corpora, but for its --hyper-hidden
hyper_x=(--adapter-source hyper --hyper-lang-dim 8 --hyper-layer-dim 8 --hyper-dropout 0.2)
# the control of Hyper-X: the same hypernetwork that is not told the language
no_language=(--encoder-adapter-condition task)
