#!/usr/bin/env bash
# Any command of toolkit in the trainer's container, with data/, outputs/ and configs/ mounted and the GPUs that docker has:
#   ./scripts/run.sh doctor --deep
#   IMAGE=toolkit:cpu GPUS=none ./scripts/run.sh demo --size smallest
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

gpus=(--gpus "${GPUS:-all}")
if [[ "${GPUS:-all}" == none ]]; then
    gpus=()
fi
settings=()
if [[ -f .env ]]; then
    settings=(--env-file .env)
fi
terminal=()
if [[ -t 0 && -t 1 ]]; then
    terminal=(-it)
fi
cache=${HF_CACHE:-$HOME/.cache/huggingface}
mkdir -p data outputs "$cache"
exec docker run --rm --init --ipc=host --stop-timeout 600 "${terminal[@]}" "${gpus[@]}" "${settings[@]}" -e HF_HOME=/cache/huggingface \
    -v "$PWD/configs:/workspace/configs:ro" -v "$PWD/data:/workspace/data" -v "$PWD/outputs:/workspace/outputs" \
    -v "$cache:/cache/huggingface" "${IMAGE:-toolkit}" "$@"
