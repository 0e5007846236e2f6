#!/bin/sh
#SBATCH --job-name=hyperadapters
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=4
#SBATCH --time=24:00:00
#SBATCH --requeue
# fairseq-train under SLURM, one task a GPU; submit it from the root of the clone:
#   sbatch scripts/train_slurm.sh DATA --user-dir hyperadapters --task ... --save-dir ...
# Adapt the lines above (or give them to sbatch). A job that was requeued resumes from its --save-dir.
# Do not bind one GPU to a task (--gpus-per-task): every task picks its own among the node's GPUs.
# This file was not run on a SLURM cluster; its last command was, with variables as SLURM sets them.
set -eu
if [ $# -eq 0 ]; then
    echo "usage: sbatch scripts/train_slurm.sh FAIRSEQ_TRAIN_ARGUMENTS..." >&2
    exit 2
fi

PATH=$PWD/.venv/bin:$PATH
MASTER=tcp://$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1):${PORT:-29500}
export PATH MASTER OMP_NUM_THREADS="${SLURM_CPUS_PER_TASK:-1}"

# What stands before "$@" can be overridden by the arguments (--distributed-backend gloo on CPUs).
exec srun sh -c 'exec fairseq-train --ddp-backend legacy_ddp "$@" \
    --distributed-init-method "$MASTER" --distributed-no-spawn --device-id "$SLURM_LOCALID" \
    --distributed-rank "$SLURM_PROCID" --distributed-world-size "$SLURM_NTASKS"' fairseq-train "$@"
