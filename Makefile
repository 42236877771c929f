# `make demo` and `make test` work from a fresh clone; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
ARGS ?=
CONFIG ?= configs/grpo_config.yaml
MODEL ?= outputs/final_model
# Where no GPU is, a CPU build of torch is enough. pip takes what its index offers; to name another index:
#   make setup TORCH_ARGS='--index-url URL'
TORCH_ARGS ?=
# No command below needs the hub.
OFFLINE := HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1
# The tests share the processors between workers: one thread each. The tests of a file, with the model they share, stay together.
WORKERS := OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: setup demo test lint bench clean help build run train eval

setup: $(READY)  ## The virtual environment in .venv, with pinned packages

# The stamp is as new as what it was made from, so a second run installs nothing.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	command -v nvidia-smi >/dev/null 2>&1 || $(VENV)/bin/pip install -q $(TORCH_ARGS) torch==2.13.0 -c constraints.txt
	$(VENV)/bin/pip install -q -c constraints.txt -e '.[train,dev]'
	touch $@

demo: $(READY)  ## Profiles to report on this machine; ARGS='--size smallest' only shows that every step works
	$(OFFLINE) $(VENV)/bin/toolkit demo $(ARGS)

test: $(READY)  ## The tests; ARGS='tests/test_cli.py' for some of them
	@$(OFFLINE) $(WORKERS) $(ARGS); status=$$?; echo $$status > $(VENV)/pytest-status; exit $$status

lint: $(READY)  ## ruff
	$(VENV)/bin/ruff check .

bench: $(READY)  ## Start-up time, the speed of gen-data, of the reward and of a training step
	$(VENV)/bin/python benchmarks/startup.py
	$(VENV)/bin/python benchmarks/gen_data_offline.py
	$(VENV)/bin/python benchmarks/gen_data_checks.py
	$(VENV)/bin/python benchmarks/reward_throughput.py
	$(VENV)/bin/python benchmarks/verifier_cases.py
	$(VENV)/bin/python benchmarks/train_step.py
	$(VENV)/bin/python benchmarks/eval_report.py

train: $(READY)  ## Train on this machine's GPUs: make train CONFIG=configs/grpo_config.yaml ARGS='--set max_steps=20'
	./scripts/train.sh $(CONFIG) $(ARGS)

eval: $(READY)  ## Score a model: make eval MODEL=outputs/final_model
	$(VENV)/bin/toolkit eval $(MODEL) $(ARGS)

build:  ## The trainer's container image; ARGS=--cpu for one without CUDA
	./scripts/build.sh $(ARGS)

run:  ## A command of toolkit in the container: make run ARGS='doctor --deep'
	./scripts/run.sh $(ARGS)

clean:  ## Remove .venv and caches; outputs/ and data/ stay
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## This list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 16
