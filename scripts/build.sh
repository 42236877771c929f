#!/usr/bin/env bash
# Build the trainer's image: ./scripts/build.sh            on NVIDIA's PyTorch image, as toolkit
#                            ./scripts/build.sh --cpu      without CUDA, as toolkit:cpu
# Further words go to docker build, such as --build-arg BASE=pytorch/pytorch:2.13.0-cuda13.0-cudnn9-devel
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ "${1:-}" == "--cpu" ]]; then
    shift
    exec docker build -f Dockerfile.cpu -t toolkit:cpu "$@" .
fi
exec docker build -t toolkit "$@" .
