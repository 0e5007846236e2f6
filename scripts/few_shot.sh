#!/usr/bin/env bash
# Few labelled sentences of a language that a system has never seen: of a known branch of the constructed family
# (qac) and of an unknown one (qca).
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/few_shot.sh DEMO OUT

  DEMO  folder of `hyperadapters demo-tagging`, whose constructed corpus is used
  OUT   folder for everything; OUT/few_shot.md, .json and .png are the result

A masked language model and, on it, taggers are trained on five languages of two branches; then each system goes
on with N sentences of parts of speech and N of entities of a new language, and is tested on that language:
  look-up      no model: each word's most frequent label in the few sentences and those of the five languages
  hyper-x      Hyper-X, all of it trained
  no-language  the same, but it is not told the language: what is that worth?
  embedding    Hyper-X, nothing but the embedding of the new language trained
  task         one adapter set a task
  stack        language adapters, that of the new language from its raw text, and task adapters on top
  alone        one adapter set a task, from the backbone: no other language has labels
Run again, it keeps what is finished.

Environment:
  SIZES    default: "10 100" sentences (0, as the system is, is always there)
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
# shellcheck source=scripts/common.sh
. "$(dirname "$0")/common.sh"
known=qaa,qab,qba,qbb,qbc new="qac qca" systems="look-up hyper-x no-language embedding task stack alone"
cells=pos:qaa,pos:qba,pos:qbb,ner:qaa,ner:qab,ner:qbc
adapters=(--freeze-backbone --adapter-bottleneck 32)

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
    job name=prepared "log=$out/prepared.log" hyperadapters prepare "$out/translation.yaml" --out "$out/prepared"
    train_cells "$out/backbone" prepared "$out" 1 "mlm:${known//,/,mlm:}" --adapter-source none \
        --encoder-embed-dim 128 --encoder-ffn-embed-dim 256 --encoder-attention-heads 4 --lr 0.003 \
        --warmup-updates 200 --max-tokens 4000 --max-update 1500
}

tagger() { # NAME SEED START CELLS OPTION...: a system before the few sentences
    train_cells "$out/$1-$2" "$out/$3" "$out" "$2" "$4" --init-from "$out/$3/checkpoint_last.pt" "${adapters[@]}" \
        --lr 0.003 --max-update 600 "${@:5}"
}

taggers() { # SEED: what the few sentences start from
    tagger hyper-x "$1" backbone "$cells" "${hyper_x[@]}" --hyper-hidden 16
    tagger no-language "$1" backbone "$cells" "${hyper_x[@]}" --hyper-hidden 16 "${no_language[@]}"
    tagger task "$1" backbone "$cells" --adapter-source task
    tagger language "$1" backbone "mlm:${known//,/,mlm:}" --adapter-source language
    tagger known-stack "$1" "language-$1" "$cells" --adapter-source stack
    # a stack needs a language adapter of every language: learnt from raw text
    tagger stack "$1" "known-stack-$1" "mlm:${new// /,mlm:}" --train-new-languages-only
    local system code
    for system in hyper-x no-language task stack; do
        for code in $new; do
            evaluate_cells "$out/$system-$1" "$out" "pos:$code,ner:$code" "$system" "$out/evaluations/$system/$code/0/$1"
        done
    done
}

few() { # SEED SYSTEM LANGUAGE SIZE
    local sentences=pos:$3:$4,ner:$3:$4 evaluation=$out/evaluations/$2/$3/$4/$1
    if [ "$2" = look-up ]; then
        [ "$4" = 0 ] && sentences=$cells || sentences=$cells,$sentences
        evaluate_look_up prepared "$sentences" "$out" "pos:$3,ner:$3" "$evaluation" "$1"
        return
    fi
    local folder=$out/few/$2/$3/$4/$1 start=$out/$2-$1 options=("${adapters[@]}" --lr 0.001)
    case $2 in
        embedding) start=$out/hyper-x-$1 && options+=(--train-new-languages-only --lr 0.02) ;;
        alone) start=$out/backbone && options+=(--adapter-source task --lr 0.003) ;;
    esac
    train_cells "$folder" "$start" "$out" "$1" "$sentences" --init-from "$start/checkpoint_last.pt" "${options[@]}" \
        --max-update "${UPDATES:-200}"
    evaluate_cells "$folder" "$out" "pos:$3,ner:$3" "$2" "$evaluation"
}

[ "${PRINT:-}" = 1 ] || write_corpus
seeds=${SEEDS:-1 2 3}
{
    backbone
    for seed in $seeds; do taggers "$seed"; done
    # without sentences of the new language there is nothing to draw: one run
    for code in $new; do few "${seeds%% *}" look-up "$code" 0; done
    for seed in $seeds; do
        for size in ${SIZES:-10 100}; do
            for code in $new; do
                for system in $systems; do few "$seed" "$system" "$code" "$size"; done
            done
        done
    done
} | run_jobs --at-a-time "${JOBS:-1}"
job name=curve "log=$out/curve.log" python "$root/scripts/few_shot_curve.py" "$out/evaluations" --out "$out/few_shot" | run_jobs
[ "${PRINT:-}" = 1 ] || cat "$out/few_shot.md"
