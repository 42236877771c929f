"""Memory of a GRPO run on one GPU, from the shape of the model: what is held all the time, and the peak of each phase.

    held         weights, gradients, optimizer, reference model, what the rollout engine reserves, CUDA itself
    training     activations, logits, a gathered block under ZeRO-3 and FSDP
    generation   the cache of keys and values, weights gathered for it under ZeRO-3

The peak is held + the larger of the two phases. A GB is 1e9 bytes, and a GPU "of 80 GB" is taken as 80e9 bytes: the 5 to 7 % that
it really has beyond are left to fragmentation.

Sources: ZeRO (Rajbhandari et al. 2020, arXiv 1910.02054) for 16 bytes a parameter under mixed-precision Adam; QLoRA (Dettmers et
al. 2023, arXiv 2305.14314) for 4.127 bits a quantised parameter; checkpointing as in Korthikanti et al. 2022 (arXiv 2205.05198).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolkit.train.launch import Batch
from toolkit.train.shape import Shape

GB = 1e9
CUDA_BYTES = 1.0 * GB       # context, kernels, buffers of NCCL and cuBLAS
TILE = (4096, 32768)        # TRL's fused LM head (trl/kernels/chunked_logprob.py) holds the logits of so many positions × words
NF4_BYTES, NF4_SINGLE_BYTES, INT8_BYTES = 4.127 / 8, 4.5 / 8, 1.0
SHARDED = ("zero3", "fsdp")


@dataclass(frozen=True)
class Setup:
    """Everything that decides memory. Widths are bytes a number."""

    shape: Shape
    batch: Batch
    prompt_tokens: int
    completion_tokens: int
    spread: str = "none"                        # none, ddp, zero1, zero2, zero3, fsdp
    weight_width: int = 4
    compute_width: int = 2
    optimizer_width: float = 8.0                # states of a trained parameter
    lora_parameters: int = 0                    # 0: every parameter is trained
    quantised: str = ""                         # "", nf4, nf4-double, int8
    checkpointing: bool = True
    reference: bool = False                     # beta > 0 without an adapter: a second copy of the weights
    fused_logits: bool = True
    gather_for_generation: bool = True          # TRL's ds3_gather_for_generation
    vllm_share: float = 0.0                     # of the GPU, reserved by colocated vLLM
    vllm_server: bool = False
    gpu_gb: float = 0.0                         # 0: not known

    @property
    def trained(self) -> int:
        return self.lora_parameters or self.shape.parameters

    @property
    def deepspeed(self) -> bool:
        return self.spread.startswith("zero")

    @property
    def tokens(self) -> int:
        """Tokens of one micro-batch."""
        return self.batch.per_device * (self.prompt_tokens + self.completion_tokens)


@dataclass(frozen=True)
class Memory:
    """Bytes on one GPU, by what holds them."""

    held: Mapping[str, float]
    training: Mapping[str, float]
    generation: Mapping[str, float]

    @property
    def peak(self) -> float:
        return sum(self.held.values()) + max(sum(self.training.values()), sum(self.generation.values()))

    @property
    def peak_gb(self) -> float:
        return self.peak / GB

    def to_json(self) -> dict[str, Any]:
        def rounded(parts: Mapping[str, float]) -> dict[str, float]:
            return {name: round(size / GB, 2) for name, size in parts.items() if size}

        return {"peak_gb": round(self.peak_gb, 1), "held_gb": rounded(self.held), "training_gb": rounded(self.training),
                "generation_gb": rounded(self.generation)}


def weights_bytes(setup: Setup) -> float:
    """The model as loaded, undivided. Embeddings, head and norms are not quantised."""
    shape = setup.shape
    width = 2 if setup.deepspeed and not setup.lora_parameters else setup.weight_width
    each = {"nf4": NF4_SINGLE_BYTES, "nf4-double": NF4_BYTES, "int8": INT8_BYTES}.get(setup.quantised)
    if each is None:
        return float(shape.parameters * width)
    return shape.linear * each + (shape.parameters - shape.linear) * width


def memory(setup: Setup) -> Memory:
    """Bytes on each GPU of a run."""
    shape, n = setup.shape, setup.batch.processes
    adapter = bool(setup.lora_parameters)
    train_width = 4 if adapter else (2 if setup.deepspeed else setup.weight_width)
    weights, gradients = weights_bytes(setup), float(setup.trained * train_width)
    # DeepSpeed keeps a float32 master copy beside the two moments: 2 + 2 + 12 = 16 bytes a parameter
    states = setup.trained * (setup.optimizer_width + (4 if setup.deepspeed and not adapter else 0))
    reference = weights if setup.reference else 0.0
    held = {
        "weights": weights / (n if setup.spread in SHARDED else 1),
        "adapter": setup.lora_parameters * 4.0,
        "gradients": gradients / (n if setup.spread in ("zero2", *SHARDED) else 1),
        # DDP reduces gradients through buckets of its own
        "gradient buckets": gradients if setup.spread == "ddp" and n > 1 else 0.0,
        "optimizer": states / (n if setup.spread in ("zero1", "zero2", *SHARDED) else 1),
        "reference model": reference / (n if setup.spread in SHARDED else 1),
        "vLLM": setup.vllm_share * setup.gpu_gb * GB,
        "CUDA": CUDA_BYTES,
    }
    # the block at work and the next, prefetched; an embedding is gathered whole
    gathered = max(2 * shape.block, shape.embedding) * setup.compute_width if setup.spread in SHARDED and n > 1 else 0
    training = {"activations": activation_bytes(setup), "logits": logits_bytes(setup), "gathered weights": float(gathered)}
    generation = {"KV cache": 0.0, "gathered weights": 0.0, "next-token logits": 0.0}
    if not setup.vllm_share and not setup.vllm_server:
        rows = setup.batch.generated
        length = setup.prompt_tokens + setup.completion_tokens
        generation["KV cache"] = float(shape.cache_bytes(rows * length, setup.compute_width))
        generation["next-token logits"] = 2.0 * rows * shape.vocabulary * 4
        whole = setup.spread == "zero3" and setup.gather_for_generation and n > 1
        generation["gathered weights"] = weights if whole else float(gathered)
    return Memory(held, training, generation)


def activation_bytes(setup: Setup) -> float:
    """What autograd keeps of one micro-batch; with checkpointing each block's input, and one block at work."""
    shape, tokens = setup.shape, setup.tokens
    block = shape.block_activation_bytes(tokens, setup.compute_width)
    if not setup.checkpointing:
        return float(shape.layers * block)
    return float(shape.layers * tokens * shape.hidden * setup.compute_width + block)


def logits_bytes(setup: Setup) -> float:
    """GRPO's logits of the completions: as computed, their gradient, and in float32.

    TRL's fused LM head holds one tile of them instead, and float32 gradients of the hidden states and of the head.
    """
    positions, words = setup.batch.per_device * setup.completion_tokens, setup.shape.vocabulary
    if not setup.fused_logits:
        return float(positions * words * (2 * setup.compute_width + 4))
    tile = min(positions, TILE[0]) * min(words, TILE[1]) * setup.compute_width
    return float(tile + 4 * positions * setup.shape.hidden + (0 if setup.lora_parameters else 4 * setup.shape.embedding))
