"""Run by the interpreter that holds `sglang-router`: its launcher, with the key from a file, since a command line is seen by all."""

import sys
from pathlib import Path

from sglang_router.launch_router import main

if "--config" in sys.argv:
    at = sys.argv.index("--config")
    lines = Path(sys.argv[at + 1]).read_text(encoding="utf-8").splitlines()
    key = next(line.partition(": ")[2].strip('"') for line in lines if line.startswith("api-key"))
    sys.argv[at:at + 2] = ["--api-key", key]
main()
