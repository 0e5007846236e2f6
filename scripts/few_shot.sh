#!/usr/bin/env bash
# Few labelled sentences of a language that a system has never seen: of a known branch of the constructed family
# (qac) and of an unknown one (qca). Finished trainings are kept when it is run again.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/few_shot.sh DEMO OUT

  DEMO  folder of `hyperadapters demo-tagging`, whose constructed corpus is used
  OUT   folder for everything; OUT/few_shot.md, .json and .png are the result

A translation backbone and taggers are trained on five languages of two branches; then each system goes on with
N sentences of parts of speech and N of entities of a new language, and is tested on that language.

Environment:
  SIZES    default: "10 50 200" sentences (0, as the system is, is always there)
  SEEDS    default: "1 2 3"
  UPDATES  with the few sentences (default 200)
  JOBS     runs at a time (default 1)
  PRINT    1: print the commands and run nothing
TEXT
    exit 2
}

[ $# -ge 2 ] || usage
demo=$1 out=$2
[ -s "$demo/corpus/corpus.yaml" ] || { echo "error: '$demo' is no folder of hyperadapters demo-tagging" >&2; exit 2; }
# shellcheck source=scripts/tagging_common.sh
. "$(dirname "$0")/tagging_common.sh"
known=qaa,qab,qba,qbb,qbc new="qac qca" systems="hyper-x embedding task stack alone"
cells=pos:qaa,pos:qba,pos:qbb,ner:qaa,ner:qab,ner:qbc
adapters=(--freeze-backbone --adapter-bottleneck 8)

write_corpus() {
    mkdir -p "$out"
    ln -sfn "$(cd "$demo/corpus" && pwd)" "$out/corpus"
    pairs=qaa-qab,qaa-qba,qaa-qbb,qaa-qbc
    cat >"$out/translation.yaml" <<YAML
languages: [$known]
pairs: {train: [$pairs], valid: [$pairs], test: [$pairs]}
multiparallel:
- {train: "corpus/{lang}.train.txt", valid: "corpus/{lang}.valid.txt", test: "corpus/{lang}.test.txt"}
sentencepiece: {vocabulary: 2000}
YAML
    all=$known,${new// /,}
    cat >"$out/corpus.yaml" <<YAML
sentencepiece: prepared/sentencepiece.model
dictionary: prepared/dict.txt
languages: [$all]
tasks:
  pos: {files: "corpus/{lang}.{split}.conllu", languages: [$all]}
  ner: {files: "corpus/{lang}.{split}.iob2", languages: [$all]}
  mlm: {files: "corpus/{lang}.{split}.txt", languages: [$all]}
YAML
}

backbone() {
    [ ! -e "$out/backbone/finished" ] || return 0
    run "$out/prepared.log" hyperadapters prepare "$out/translation.yaml" --out "$out/prepared"
    run "$out/backbone.log" fairseq-train "$out/prepared/bin" --user-dir "$root/hyperadapters" \
        --task multilingual_adapter_translation --encoder-langtok tgt --adapter-source none \
        --lang-pairs qaa-qab,qab-qaa,qaa-qba,qba-qaa,qaa-qbb,qbb-qaa,qaa-qbc,qbc-qaa \
        --arch adapter_transformer_tiny --encoder-embed-dim 128 --encoder-ffn-embed-dim 256 --encoder-attention-heads 4 \
        --criterion label_smoothed_cross_entropy --label-smoothing 0.1 --optimizer fused_adam --adam-betas '(0.9, 0.98)' \
        --clip-norm 1.0 --lr-scheduler inverse_sqrt --lr 0.003 --warmup-updates 200 --max-tokens 2000 --max-update 900 \
        --num-workers 0 --no-epoch-checkpoints --disable-validation --log-format json --log-interval 50 --save-dir "$out/backbone"
    [ "${PRINT:-}" = 1 ] || : >"$out/backbone/finished"
}

taggers() { # SEED: what the few sentences start from
    local start=$out/backbone/checkpoint_last.pt options=("${adapters[@]}" --lr 0.003 --max-update 600)
    [ "${PRINT:-}" = 1 ] || echo "== seed $1, before the new languages"
    train_cells "$out/hyper-x-$1" "$out" "$1" "$cells" "$start" "${options[@]}" "${hyper_x[@]}"
    train_cells "$out/task-$1" "$out" "$1" "$cells" "$start" "${options[@]}" --adapter-source task
    train_cells "$out/language-$1" "$out" "$1" "mlm:${known//,/,mlm:}" "$start" "${options[@]}" --adapter-source language
    train_cells "$out/known-stack-$1" "$out" "$1" "$cells" "$out/language-$1/checkpoint_last.pt" "${options[@]}" --adapter-source stack
    # a stack needs a language adapter of every language: learnt from raw text
    train_cells "$out/stack-$1" "$out" "$1" "mlm:${new// /,mlm:}" "$out/known-stack-$1/checkpoint_last.pt" \
        "${options[@]}" --train-new-languages-only
    local system code
    for system in hyper-x task stack; do
        for code in $new; do
            evaluate_cells "$out/$system-$1" "$out" "pos:$code,ner:$code" "$system" "$out/evaluations/$system/$code/0/$1"
        done
    done
}

few() { # SEED SYSTEM LANGUAGE SIZE
    local folder=$out/few/$2/$3/$4/$1 start=$out/$2-$1/checkpoint_last.pt options=("${adapters[@]}" --lr 0.001)
    [ "${PRINT:-}" = 1 ] || echo "== $2, $3, $4 sentences, seed $1"
    case $2 in
        embedding) start=$out/hyper-x-$1/checkpoint_last.pt && options+=(--train-new-languages-only --lr 0.02) ;;
        alone) start=$out/backbone/checkpoint_last.pt && options+=(--adapter-source task --lr 0.003) ;;
    esac
    train_cells "$folder" "$out" "$1" "pos:$3:$4,ner:$3:$4" "$start" "${options[@]}" --max-update "${UPDATES:-200}"
    evaluate_cells "$folder" "$out" "pos:$3,ner:$3" "$2" "$out/evaluations/$2/$3/$4/$1"
}

if [ -n "${ONE_RUN:-}" ]; then
    # shellcheck disable=SC2086
    $ONE_RUN
    exit
fi
each() { xargs -P "${JOBS:-1}" -I {} env ONE_RUN="$1 {}" "$0" "$demo" "$out"; }
write_corpus
backbone
printf '%s\n' ${SEEDS:-1 2 3} | each taggers
for seed in ${SEEDS:-1 2 3}; do
    for size in ${SIZES:-10 50 200}; do
        for code in $new; do
            for system in $systems; do echo "$seed $system $code $size"; done
        done
    done
done | each few
[ "${PRINT:-}" = 1 ] || python "$root/scripts/few_shot_curve.py" "$out/evaluations" --out "$out/few_shot"
