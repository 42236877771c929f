"""The processes of a run: the arguments that they give both trainers, how they meet, and what the main one decides for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from toolkit.errors import InputError, ToolkitError
from toolkit.train.arguments import TrainSettings, as_installed
from toolkit.train.launch import launched
from toolkit.train.restore import short

T = TypeVar("T")


def process_state(settings: TrainSettings) -> Any:
    """accelerate's state of this process; where there are several, they have met."""
    from accelerate import PartialState

    wait = timedelta(seconds=settings.grpo.get("ddp_timeout", 1800))        # transformers' default
    backend = settings.grpo.get("ddp_backend")
    return PartialState(cpu=common_arguments(settings).get("use_cpu", False), timeout=wait, **({"backend": backend} if backend else {}))


def by_main(settings: TrainSettings, work: Callable[[], T]) -> T:
    """What the main process makes of `work`, on all processes: the others wait for it, and all end when it was refused.

    Raises:
        ToolkitError: of `work`.
        SystemExit: the same, in the other processes: the main one says why, and its exit code is that of all.
    """
    if not launched():
        return work()
    from accelerate.utils import broadcast_object_list

    state, told = process_state(settings), [None, None]
    if state.is_main_process:
        try:
            told = [work(), None]
        except ToolkitError as error:
            told = [None, error]
    found, refused = broadcast_object_list(told)
    if refused:
        raise refused if state.is_main_process else SystemExit(0)
    return found


def check_values(settings: TrainSettings) -> None:
    """What the installed TRL says to the settings, before there is a folder that holds them.

    Raises:
        InputError: it does not take them.
    """
    from toolkit.train.loaders import import_loader
    from toolkit.train.models import quiet_libraries

    import_loader(settings)
    quiet_libraries()
    from trl import GRPOConfig, ModelConfig, SFTConfig

    common = common_arguments(settings)
    try:
        ModelConfig(**settings.model)
        if "grpo" in settings.stages:
            GRPOConfig(**as_installed({**common, **settings.grpo}))
        if "sft" in settings.stages:
            SFTConfig(**as_installed({**common, "output_dir": str(settings.output_dir), **settings.sft}))
    except (ValueError, TypeError, ImportError) as error:
        raise InputError(f"{settings.path}: the installed TRL does not take these settings: {short(error)}") from error


def common_arguments(settings: TrainSettings) -> dict[str, Any]:
    """Arguments that both trainers share."""
    import torch

    shared = ("seed", "use_cpu", "bf16", "fp16", "report_to", "run_name", "project", "disable_tqdm", "gradient_checkpointing",
              "dataloader_num_workers", "ddp_backend", "ddp_timeout")
    common = {k: settings.grpo[k] for k in shared if k in settings.grpo}
    common |= {"log_level_replica": "error"}            # as the main process, whose level is set for all libraries
    common.setdefault("gradient_checkpointing", torch.cuda.is_available())
    if not torch.cuda.is_available():
        # TRL turns bf16 on by default, which CPUs and MPS run slowly or not at all
        common.setdefault("bf16", False)
        common.setdefault("dataloader_pin_memory", False)
    if not torch.cuda.is_available() and not torch.backends.mps.is_available():
        common.setdefault("use_cpu", True)
    if torch.cuda.is_available() and not torch.cuda.is_bf16_supported(including_emulation=False) and not common.get("bf16"):
        common |= {"bf16": False, "fp16": common.get("fp16", True)}       # T4, V100 and older
    return common


def with_model(common: dict[str, Any], model: Any) -> dict[str, Any]:
    """`common` for a model: without experts each step uses every weight, and DDP need not look for those that it does not."""
    experts = any("expert" in name for name in model.config.to_dict())
    return common if experts else {"ddp_find_unused_parameters": False, **common}
