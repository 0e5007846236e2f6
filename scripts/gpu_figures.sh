#!/usr/bin/env bash
# All speed figures of a GPU in one command: the benchmark in fp16 and bf16, then hyper-adapters against
# language adapters trained for equally many updates. Finished parts are kept when it is run again.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/gpu_figures.sh DATA LANG_PAIRS OUT

  DATA        folder that fairseq-preprocess wrote (one joint dictionary), e.g. of fifty languages
  LANG_PAIRS  directions to train, e.g. en-de,de-en,en-fr,fr-en
  OUT         folder for benchmark-*.txt, *.json, checkpoints, logs and figures.md

Environment: DEVICE (cuda), ARCH (adapter_transformer), UPDATES (10000), TOKENS (8000),
HIDDEN (d_h, 612), BOTTLENECK (128), BENCHMARK (further options of hyperadapters benchmark).
TEXT
    exit 2
}

[ $# -eq 3 ] || usage
data=$1 pairs=$2 out=$3
[ -d "$data" ] || { echo "error: there is no data folder '$data'" >&2; exit 2; }
device=${DEVICE:-cuda} arch=${ARCH:-adapter_transformer} updates=${UPDATES:-10000}
tokens=${TOKENS:-8000} hidden=${HIDDEN:-612} bottleneck=${BOTTLENECK:-128}
PATH=$(cd "$(dirname "$0")/.." && pwd)/.venv/bin:$PATH
user_dir=$(hyperadapters user-dir)
mkdir -p "$out"

for precision in fp16 bf16; do
    [ -s "$out/benchmark-$precision.json" ] && continue
    echo "== benchmark, $precision"
    # shellcheck disable=SC2086
    hyperadapters benchmark --device "$device" --precision "$precision" --arch "$arch" \
        --tokens "$tokens" --adapter-bottleneck "$bottleneck" --hyper-hidden "$hidden" \
        --optimizer fused_adam --out "$out/benchmark-$precision.json" ${BENCHMARK:-} \
        >"$out/benchmark-$precision.txt"
    cat "$out/benchmark-$precision.txt"
done

case $device in
    cpu) place="--cpu --fp16-no-flatten-grads" ;;
    *) place="" ;;
esac
for source in language hyper; do
    echo "== training, $source ($updates updates; log: $out/$source.log)"
    # shellcheck disable=SC2086
    fairseq-train "$data" --user-dir "$user_dir" \
        --task multilingual_adapter_translation --lang-pairs "$pairs" --encoder-langtok tgt \
        --sampling-method temperature --sampling-temperature 5 \
        --arch "$arch" --adapter-source "$source" --adapter-bottleneck "$bottleneck" \
        --hyper-hidden "$hidden" --criterion label_smoothed_cross_entropy --label-smoothing 0.1 \
        --optimizer fused_adam --adam-betas '(0.9, 0.98)' --lr-scheduler inverse_sqrt \
        --warmup-updates "$((updates / 10 + 1))" --lr 0.0007 --clip-norm 1.0 --fp16 \
        --max-tokens "$tokens" --max-update "$updates" --max-tokens-valid "$tokens" --seed 1 \
        --log-format json --log-interval 100 --no-epoch-checkpoints \
        --save-dir "$out/$source" $place >>"$out/$source.log" 2>&1 ||
        { echo "error: training failed, see $out/$source.log" >&2; exit 1; }
done

python - "$out" <<'PYTHON'
"""The last figures of both logs as a table."""
import json
import re
import sys
from pathlib import Path

out = Path(sys.argv[1])
rows = []
for source in ("language", "hyper"):
    log = (out / f"{source}.log").read_text()

    def last(kind, key, log=log):
        found = [json.loads(text) for text in re.findall(rf"\| {kind} \| (\{{.*\}})", log)]
        return next((figures[key] for figures in reversed(found) if key in figures), "-")

    rows.append((source, last("train", "train_num_updates"), last("train", "train_wps"),
                 last("train", "train_nll_loss"), last("valid", "valid_nll_loss")))
lines = ["| system | updates | words per second | training nll | validation nll |", "|---|--:|--:|--:|--:|"]
lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
(out / "figures.md").write_text("\n".join(lines) + "\n")
print("\n".join(lines))
PYTHON
