"""toolkit: role profiles → verified samples → GRPO → an evaluation that can be trusted."""

__version__ = "0.1.0"
