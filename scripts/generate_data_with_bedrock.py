"""python scripts/generate_data_with_bedrock.py --region us-east-1 --model_id … --profiles_file data/online_profiles.jsonl --output_dir data/training"""

import sys

from toolkit.cli import main

sys.argv[1:1] = ["gen-data", "--engine", "bedrock"]
main()
