# Sourced by the scripts of studies, which write jobs for `hyperadapters run-jobs`: what is finished is kept.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PATH=$root/.venv/bin:$PATH
user_dir=$(hyperadapters user-dir)

job() { # SETTING... COMMAND...: one job as a line
    local quote="'\\''"
    printf "'%s' " "${@//\'/"$quote"}" && echo
}

run_jobs() { # [OPTION...]: runs the jobs of standard input, or with PRINT=1 prints their commands
    [ "${PRINT:-}" != 1 ] || set -- --print
    hyperadapters run-jobs - --keep-going "$@"
}

training() { # FOLDER AFTER COMMAND...: a job that is kept when it has finished; called as its folder below $out
    job "name=${1#"$out"/}" "after=${2#"$out"/}" "log=$1.log" "marker=$1/finished" "${@:3}"
}

# the trained directions of `hyperadapters demo`
directions=$(for code in qab qac qba qbb qbc qca qcb qcc; do printf 'qaa-%s,%s-qaa,' "$code" "$code"; done)

train_pairs() { # FOLDER AFTER SEED UPDATES OPTION...: on the data of the demo in $demo
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

train_cells() { # FOLDER AFTER CORPUS SEED CELLS OPTION...
    # shellcheck disable=SC2086
    training "$1" "$2" fairseq-train "$3" --user-dir "$user_dir" --task hyperx \
        --task-languages "$5" --arch hyperx_encoder_tiny --criterion multitask_cross_entropy \
        --optimizer fused_adam --adam-betas '(0.9, 0.98)' --clip-norm 1.0 --lr-scheduler inverse_sqrt \
        --warmup-updates 100 --max-tokens 2000 --seed "$4" \
        --no-epoch-checkpoints --save-interval-updates 200 --keep-interval-updates 1 \
        ${validation:---disable-validation} \
        --num-workers 0 --log-format json --log-interval 50 --save-dir "$1" "${@:6}" ${EXTRA:-}
}

evaluate_cells() { # FOLDER CORPUS CELLS NAME OUT: after the training of the folder
    job "name=${5#"$out"/}" "after=${1#"$out"/}" "log=$1.evaluation.log" hyperadapters evaluate-tagging \
        --checkpoint "$1/checkpoint_last.pt" --data "$2" --cells "$3" --name "$4" --out "$5"
}

evaluate_look_up() { # AFTER TRAINED_CELLS CORPUS CELLS OUT SEED
    job "name=${5#"$out"/}" "after=$1" "log=$5.log" hyperadapters evaluate-tagging \
        --look-up "$2" --data "$3" --cells "$4" --out "$5" --seed "$6"
}

# Hyper-X for small corpora, but for its --hyper-hidden
hyper_x=(--adapter-source hyper --hyper-lang-dim 8 --hyper-layer-dim 8 --hyper-dropout 0.2)
# the control of Hyper-X: the same hypernetwork that is not told the language
no_language=(--encoder-adapter-condition task)
