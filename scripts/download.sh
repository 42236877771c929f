#!/usr/bin/env bash
# Fetch a model or a data set into a folder, from the hub (HF_ENDPOINT names a mirror) or from ModelScope:
#   scripts/download.sh model Qwen/Qwen2.5-3B-Instruct models/qwen2.5-3b
#   scripts/download.sh data Jiayi-Pan/Countdown-Tasks-3to4 data/countdown-hub
#   scripts/download.sh model modelscope://Qwen/Qwen2.5-3B-Instruct models/qwen2.5-3b
# The folder then stands where the name stood: model_name_or_path: models/qwen2.5-3b
set -euo pipefail
exec "${PYTHON:-python3}" -m toolkit.sources "$@"
