"""What accelerate launches: accelerate launch --config_file configs/accelerate/cpu.yaml scripts/train.py --config configs/demo.yaml"""

import sys

from toolkit.cli import main

sys.argv[1:1] = ["train"]
main()
