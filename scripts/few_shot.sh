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
    run "$out/prepared.log" hyperadapters prepare "$out/translation.yaml" --out "$out/prepared"
    train_cells "$out/backbone" "$out" 1 "mlm:${known//,/,mlm:}" --adapter-source none --encoder-embed-dim 128 \
        --encoder-ffn-embed-dim 256 --encoder-attention-heads 4 --lr 0.003 --warmup-updates 200 --max-tokens 4000 \
        --max-update 1500
}

taggers() { # SEED: what the few sentences start from
    local options=("${adapters[@]}" --lr 0.003 --max-update 600)
    local from=("${options[@]}" --init-from "$out/backbone/checkpoint_last.pt")
    [ "${PRINT:-}" = 1 ] || echo "== seed $1, before the new languages"
    train_cells "$out/hyper-x-$1" "$out" "$1" "$cells" "${from[@]}" "${hyper_x[@]}" --hyper-hidden 16
    train_cells "$out/no-language-$1" "$out" "$1" "$cells" "${from[@]}" "${hyper_x[@]}" --hyper-hidden 16 "${no_language[@]}"
    train_cells "$out/task-$1" "$out" "$1" "$cells" "${from[@]}" --adapter-source task
    train_cells "$out/language-$1" "$out" "$1" "mlm:${known//,/,mlm:}" "${from[@]}" --adapter-source language
    train_cells "$out/known-stack-$1" "$out" "$1" "$cells" "${options[@]}" \
        --init-from "$out/language-$1/checkpoint_last.pt" --adapter-source stack
    # a stack needs a language adapter of every language: learnt from raw text
    train_cells "$out/stack-$1" "$out" "$1" "mlm:${new// /,mlm:}" "${options[@]}" \
        --init-from "$out/known-stack-$1/checkpoint_last.pt" --train-new-languages-only
    local system code
    for system in hyper-x no-language task stack; do
        for code in $new; do
            evaluate_cells "$out/$system-$1" "$out" "pos:$code,ner:$code" "$system" "$out/evaluations/$system/$code/0/$1"
        done
    done
}

few() { # SEED SYSTEM LANGUAGE SIZE
    local sentences=pos:$3:$4,ner:$3:$4
    if [ "$2" = look-up ]; then
        [ "$4" = 0 ] && sentences=$cells || sentences=$cells,$sentences
        evaluate_look_up "$sentences" "$out" "pos:$3,ner:$3" "$out/evaluations/look-up/$3/$4/$1" "$1"
        return
    fi
    local folder=$out/few/$2/$3/$4/$1 start=$out/$2-$1/checkpoint_last.pt options=("${adapters[@]}" --lr 0.001)
    [ "${PRINT:-}" = 1 ] || echo "== $2, $3, $4 sentences, seed $1"
    case $2 in
        embedding) start=$out/hyper-x-$1/checkpoint_last.pt && options+=(--train-new-languages-only --lr 0.02) ;;
        alone) start=$out/backbone/checkpoint_last.pt && options+=(--adapter-source task --lr 0.003) ;;
    esac
    train_cells "$folder" "$out" "$1" "$sentences" --init-from "$start" "${options[@]}" --max-update "${UPDATES:-200}"
    evaluate_cells "$folder" "$out" "pos:$3,ner:$3" "$2" "$out/evaluations/$2/$3/$4/$1"
}

if [ -n "${ONE_RUN:-}" ]; then
    # shellcheck disable=SC2086
    $ONE_RUN
    exit
fi
each() { xargs -P "${JOBS:-1}" -I {} env ONE_RUN="$1 {}" "$0" "$demo" "$out"; }
[ "${PRINT:-}" = 1 ] || write_corpus
backbone
printf '%s\n' ${SEEDS:-1 2 3} | each taggers
seeds=${SEEDS:-1 2 3}
for seed in $seeds; do
    # without sentences of the new language there is nothing to draw: one run
    [ "$seed" != "${seeds%% *}" ] || printf "$seed look-up %s 0\n" $new
    for size in ${SIZES:-10 100}; do
        for code in $new; do
            for system in $systems; do echo "$seed $system $code $size"; done
        done
    done
done | each few
run "$out/curve.log" python "$root/scripts/few_shot_curve.py" "$out/evaluations" --out "$out/few_shot"
[ "${PRINT:-}" = 1 ] || cat "$out/few_shot.md"
