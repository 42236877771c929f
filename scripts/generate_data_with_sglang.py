"""python scripts/generate_data_with_sglang.py --profiles_file data/online_profiles.jsonl --output_dir data/training --include_cm --language zh"""

import sys

from toolkit.cli import main

if "--base-url" not in " ".join(sys.argv).replace("_", "-"):
    sys.argv += ["--base-url", "http://127.0.0.1:30000"]        # where scripts/deploy_sglang.sh serves
sys.argv[1:1] = ["gen-data", "--engine", "sglang"]
main()
