#!/bin/sh
# fairseq-train in several processes with torchrun: one a GPU, or on the CPU where there is none.
set -eu

usage() {
    cat <<'END'
usage: [PROCESSES=N] [NODES=N RENDEZVOUS=HOST:PORT] train_distributed.sh FAIRSEQ_TRAIN_ARGUMENTS...

All arguments go to fairseq-train, e.g.
  PROCESSES=2 scripts/train_distributed.sh DATA --user-dir hyperadapters \
      --task multilingual_adapter_translation ...

PROCESSES   processes on this machine; default: one a GPU, 2 without GPU
NODES       machines; default 1. Start the same command on each of them
RENDEZVOUS  HOST:PORT of one of the machines, the same on all; needed if NODES is above 1
END
}

case ${1:---help} in -h | --help) usage; exit 0 ;; esac

PATH=$(cd "$(dirname "$0")/.." && pwd)/.venv/bin:$PATH
export PATH

gpus=$(python -c 'import torch; print(torch.cuda.device_count())')
for word in "$@"; do
    if [ "$word" = --cpu ]; then gpus=0; fi
done
if [ "$gpus" -gt 0 ]; then backend=nccl; else backend=gloo; fi
processes=${PROCESSES:-$gpus}
if [ "$processes" -eq 0 ]; then processes=2; fi

nodes=${NODES:-1}
if [ "$nodes" -eq 1 ]; then
    where=--standalone
elif [ -n "${RENDEZVOUS:-}" ]; then
    where="--rdzv-backend=c10d --rdzv-endpoint=$RENDEZVOUS --rdzv-id=hyperadapters"
else
    echo "error: NODES=$nodes needs RENDEZVOUS=HOST:PORT, the same on all machines" >&2
    exit 2
fi

# What stands before "$@" can be overridden by the arguments; the rest is torchrun's to say.
# shellcheck disable=SC2086
exec torchrun $where --nnodes="$nodes" --nproc-per-node="$processes" --no-python \
    sh -c 'exec fairseq-train --distributed-backend "$0" --ddp-backend legacy_ddp "$@" \
        --distributed-init-method env:// --distributed-no-spawn --device-id "$LOCAL_RANK" \
        --distributed-rank "$RANK" --distributed-world-size "$WORLD_SIZE"' "$backend" "$@"
