#!/usr/bin/env bash
# Train with one GPU kept for a rollout server: vLLM on the last GPU, accelerate on the others (processes = GPUs - 1).
#   scripts/train_r1.sh --model Qwen/Qwen2.5-3B-Instruct --config configs/countdown_qwen2.5_3b.yaml [any option of toolkit train]
# Environment: GPUS (all), ACCELERATE_CONFIG (configs/accelerate/zero3.yaml), VLLM_PORT (8000), VLLM_WAIT_S (900).
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"

MODEL="" ARGUMENTS=()
while [ $# -gt 0 ]; do
    case "$1" in
        --model) MODEL=${2:?--model needs a name}; ARGUMENTS+=(--set "model_name_or_path=$2"); shift 2 ;;
        *) ARGUMENTS+=("$1"); shift ;;
    esac
done
[ -n "$MODEL" ] || { echo "error: --model is missing: the rollout server and the trainer take the same one." >&2; exit 2; }
GPUS=${GPUS:-$(nvidia-smi --list-gpus 2>/dev/null | wc -l)}
[ "$GPUS" -ge 2 ] || { echo "error: $GPUS GPU(s): one is kept for rollouts, so at least 2 are needed. With one: toolkit train --set use_vllm=true --set vllm_mode=colocate" >&2; exit 2; }
PORT=${VLLM_PORT:-8000} WAIT_S=${VLLM_WAIT_S:-900} LAST=$((GPUS - 1))

CUDA_VISIBLE_DEVICES=$LAST trl vllm-serve --model "$MODEL" --port "$PORT" > vllm-server.log 2>&1 &
SERVER=$!
trap 'kill $SERVER 2>/dev/null || true' EXIT
for ((waited = 0; ; waited += 2)); do
    kill -0 $SERVER 2>/dev/null || { echo "error: the rollout server ended; see vllm-server.log." >&2; exit 1; }
    curl -sf "http://127.0.0.1:$PORT/health/" > /dev/null && break
    [ $waited -lt "$WAIT_S" ] || { echo "error: the rollout server is not ready after $WAIT_S s; see vllm-server.log." >&2; exit 1; }
    sleep 2
done
TRAINING=$(seq -s, 0 $((LAST - 1)))
CUDA_VISIBLE_DEVICES=$TRAINING python -m toolkit.train.launcher --config_file "${ACCELERATE_CONFIG:-configs/accelerate/zero3.yaml}" \
    --num_processes "$LAST" scripts/train.py "${ARGUMENTS[@]}" --set use_vllm=true --set vllm_mode=server \
    --set "vllm_server_port=$PORT"
