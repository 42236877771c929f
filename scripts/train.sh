#!/usr/bin/env bash
# Train on this machine's GPUs, one process each; without a GPU or with one, a single process:
#   ./scripts/train.sh configs/grpo_config.yaml --set max_steps=20
#   CUDA_VISIBLE_DEVICES=0,1 ./scripts/train.sh configs/grpo_config.yaml
#   ACCELERATE=configs/accelerate/zero3.yaml ./scripts/train.sh configs/grpo_config.yaml
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

config=${1:?usage: scripts/train.sh CONFIG.yaml [options of toolkit train]}
shift
if [[ -d .venv/bin ]]; then
    PATH="$PWD/.venv/bin:$PATH"
fi
if [[ -n "${CUDA_VISIBLE_DEVICES:-}" ]]; then
    IFS=, read -ra chosen <<< "$CUDA_VISIBLE_DEVICES"
    gpus=${#chosen[@]}
else
    gpus=$( (nvidia-smi -L 2>/dev/null || true) | wc -l)
fi
if (( gpus > 1 )); then
    exec python -m toolkit.train.launcher --config_file "${ACCELERATE:-configs/accelerate/multi_gpu.yaml}" --num_processes "$gpus" \
        scripts/train.py --config "$config" "$@"
fi
exec toolkit train --config "$config" "$@"
