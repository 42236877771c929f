#!/usr/bin/env bash
# Serve a model with SGLang and return when it answers:
#   ./scripts/deploy_sglang.sh --model-path /path/to/model --model-name minimax-m2 --tp-size 8
# Also: --ep-size N --port 30000 --host ADDRESS --memory-fraction 0.85, and every option of `toolkit deploy sglang`.
# A port that is taken is an error, not a reason to kill who holds it. Then: toolkit deploy status | logs | stop
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ -x "$here/.venv/bin/toolkit" ]]; then
    exec "$here/.venv/bin/toolkit" deploy sglang "$@"
fi
exec toolkit deploy sglang "$@"
