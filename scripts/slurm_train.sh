#!/usr/bin/env bash
# Train on several machines under SLURM: one launcher a machine, all GPUs of each.
#   sbatch --nodes 2 --gpus-per-node 8 scripts/slurm_train.sh --config configs/grpo_config.yaml
# The same command continues: a job that is cut off at its time limit saves a checkpoint first (SIGTERM, 300 s before).
#SBATCH --job-name=toolkit-train
#SBATCH --ntasks-per-node=1
#SBATCH --nodes=2
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=64
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@300
#SBATCH --output=slurm-%j.log
set -euo pipefail
cd "${SLURM_SUBMIT_DIR:?start it with sbatch}"
PATH="$PWD/.venv/bin:$PATH"

NODES=${SLURM_JOB_NUM_NODES:-1}
GPUS=${GPUS_PER_NODE:-${SLURM_GPUS_ON_NODE:-8}}
ACCELERATE_CONFIG=${ACCELERATE_CONFIG:-configs/accelerate/multi_node.yaml}
MASTER=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed -n 1p)
PORT=$((20000 + SLURM_JOB_ID % 20000))

export NODES GPUS ACCELERATE_CONFIG MASTER PORT
# shellcheck disable=SC2016  # the rank of a machine is known only on it: SLURM_NODEID, read there
exec srun bash -c 'exec python -m toolkit.train.launcher --config_file "$ACCELERATE_CONFIG" --num_machines "$NODES" \
    --num_processes "$((NODES * GPUS))" --machine_rank "$SLURM_NODEID" --main_process_ip "$MASTER" \
    --main_process_port "$PORT" scripts/train.py "$@"' train "$@"
