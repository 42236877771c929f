"""Experiment trackers: a run that is continued goes on under the id it began with, not as a second run.

    W&B, SwanLab    the id is chosen here, or by the user in the usual variable, and told by that variable
    MLflow          the server chooses it; it is read when training begins
    Trackio         goes on by name
    TensorBoard     one folder, `tensorboard/`, in the run, with one of the cold start in it
"""

from __future__ import annotations

import logging
import os
import secrets
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from transformers import TrainerCallback

from toolkit.run import Run
from toolkit.terminal import say

logger = logging.getLogger(__name__)
ALPHABET = string.ascii_lowercase + string.digits
LENGTH = 21                 # what SwanLab asks of an id; W&B takes any
VARIABLES = {"wandb": "WANDB_RUN_ID", "swanlab": "SWANLAB_RUN_ID", "mlflow": "MLFLOW_RUN_ID", "trackio": ""}
CHOSEN = ("wandb", "swanlab", "trackio")        # ids that are ours to choose
TENSORBOARD = "TENSORBOARD_LOGGING_DIR"


@contextmanager
def tracked(run: Run, grpo: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Within it, the trackers of `report_to` find the ids that the manifest knows, or new ones that it will know.

    Yields:
        settings of TRL to add.
    """
    asked = grpo.get("report_to") or []
    asked = [asked] if isinstance(asked, str) else list(asked)
    known = run.manifest.setdefault("trackers", {})
    told = {TENSORBOARD: os.environ.get(TENSORBOARD) or str(run.folder / "tensorboard")}
    for tracker in VARIABLES if "all" in asked else [name for name in asked if name in VARIABLES]:
        if tracker in CHOSEN and tracker not in known:
            known[tracker] = os.environ.get(VARIABLES[tracker]) or "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if tracker in known and VARIABLES[tracker]:
            told |= {VARIABLES[tracker]: known[tracker], f"{tracker.upper()}_RESUME": "allow"}
    if "swanlab" in known:
        told["SWANLAB_EXP_NAME"] = os.environ.get("SWANLAB_EXP_NAME") or run.folder.name
    if known:
        run.save()
    before = {name: os.environ.get(name) for name in (*told, "SWANLAB_PROJECT")}
    os.environ.update(told)
    if run.write and "swanlab" in known and find_spec("swanlab"):
        _begin_swanlab()
    try:
        # Trackio goes on by name, so the name must be the run's alone
        named = {"run_name": run.folder.name + (f"-{known['trackio'][:6]}" if "trackio" in known else "")}
        project = os.environ.get("TRACKIO_PROJECT")     # transformers tells Trackio a project of its own
        yield named | ({"project": project} if project else {})
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def _begin_swanlab() -> None:
    """Begin SwanLab's run before transformers asks whether there is one: from SwanLab 0.9 on, asking too early raises.

    Such a version also fails on the variable that transformers names the project by, and reads SWANLAB_PROJ_NAME.
    """
    project = os.environ.pop("SWANLAB_PROJECT", None) or os.environ.get("SWANLAB_PROJ_NAME")
    import swanlab

    swanlab.init(project=project, id=os.environ["SWANLAB_RUN_ID"], resume=os.environ["SWANLAB_RESUME"])


@contextmanager
def apart(stage: str) -> Iterator[None]:
    """Within it, TensorBoard's events lie in a folder of the stage: its steps do not continue another's."""
    whole = os.environ[TENSORBOARD]
    os.environ[TENSORBOARD] = f"{whole}/{stage}"
    try:
        yield
    finally:
        os.environ[TENSORBOARD] = whole


def survive(callbacks: Sequence[TrainerCallback]) -> None:
    """Let a tracker that fails in the middle of a run (a full disk, a vanished folder, a lost connection) fail alone."""
    for tracker in callbacks:
        if type(tracker).__module__.startswith("transformers.integrations"):
            for event in ("on_log", "on_save", "on_train_end"):
                setattr(tracker, event, _alone(tracker, getattr(tracker, event)))


def _alone(tracker: Any, event: Callable[..., Any]) -> Callable[..., Any]:
    name = type(tracker).__name__.removesuffix("Callback")

    def tried(*args: Any, **kwargs: Any) -> Any:
        try:
            return event(*args, **kwargs)
        except Exception as error:
            if not getattr(tracker, "failed", False):
                say(f"  {name} does not take what is logged ({type(error).__name__}: {error}): the run goes on")
            logger.warning("%s: %s: %s", name, type(error).__name__, error)
            tracker.failed, tracker.tb_writer = True, None      # TensorBoard begins another file
            return None

    return tried


class MlflowId(TrainerCallback):
    """Remembers the id under which MLflow's server knows the run."""

    def __init__(self, run: Run):
        self.run = run

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if not self.run.write or "mlflow" not in (args.report_to or []):
            return
        import mlflow

        if active := mlflow.active_run():
            self.run.manifest["trackers"]["mlflow"] = active.info.run_id
            self.run.save()
