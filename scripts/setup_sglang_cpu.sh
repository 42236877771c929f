#!/usr/bin/env bash
# SGLang on a CPU, in an environment of its own where `toolkit deploy` finds it (2.7 GB, a minute or two):
#   ./scripts/setup_sglang_cpu.sh [--folder DIR]
# pip takes what its index offers; TORCH_INDEX_URL names another for a CPU build of torch.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ -x "$here/.venv/bin/toolkit" ]]; then
    exec "$here/.venv/bin/toolkit" deploy install sglang --cpu "$@"
fi
exec toolkit deploy install sglang --cpu "$@"
