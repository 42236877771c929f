"""Experiment trackers: a run that is continued goes on under the id it began with, not as a second run.

    W&B, SwanLab    the id is chosen here, or by the user in the usual variable, and told by that variable
    MLflow          the server chooses it; it is read when training begins; the cold start is a run of its own there, with its own settings
    Trackio         goes on by name
    TensorBoard     one folder, `tensorboard/`, in the run, with one of the cold start in it

Steps of the cold start and of GRPO are both counted from 1: what the former measures is called `sft/…`, so that nothing is drawn over.
"""

from __future__ import annotations

import io
import logging
import os
import posixpath
import secrets
import socket
import string
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from toolkit.run import Run
from toolkit.terminal import say
from toolkit.train.restore import short

logger = logging.getLogger(__name__)
ALPHABET = string.ascii_lowercase + string.digits
LENGTH = 21                 # what SwanLab asks of an id; W&B takes any
VARIABLES = {"wandb": "WANDB_RUN_ID", "swanlab": "SWANLAB_RUN_ID", "mlflow": "MLFLOW_RUN_ID", "trackio": ""}
CHOSEN = ("wandb", "swanlab", "trackio")        # ids that are ours to choose
TENSORBOARD, MLFLOW = "TENSORBOARD_LOGGING_DIR", VARIABLES["mlflow"]
PAUSE_S, LONGEST_PAUSE_S = 60.0, 3600.0         # after a failure, twice as long after each


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
    try:
        # Trackio goes on by name, so the name must be the run's alone
        named = {"run_name": run.folder.name + (f"-{known['trackio'][:6]}" if "trackio" in known else "")}
        project = os.environ.get("TRACKIO_PROJECT")     # transformers tells Trackio a project of its own
        yield named | ({"project": project} if project else {})
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def _begin_swanlab(swanlab: Any) -> None:
    """Begin SwanLab's run before transformers asks whether there is one: from SwanLab 0.9 on, asking too early raises.

    Such a version also fails on the variable that transformers names the project by, and reads SWANLAB_PROJ_NAME.
    """
    with suppress(RuntimeError):
        if swanlab.get_run() is not None:
            return
    project = os.environ.pop("SWANLAB_PROJECT", None) or os.environ.get("SWANLAB_PROJ_NAME")
    swanlab.init(project=project, id=os.environ["SWANLAB_RUN_ID"], resume=os.environ["SWANLAB_RESUME"])


@contextmanager
def apart(stage: str, run: Run) -> Iterator[None]:
    """Within it, TensorBoard's events lie in a folder of the stage, and MLflow has a run of it: its steps do not continue another's."""
    whole, begun = os.environ[TENSORBOARD], os.environ.pop(MLFLOW, None)
    os.environ[TENSORBOARD] = f"{whole}/{stage}"
    if known := run.manifest["trackers"].get(f"mlflow_{stage}"):
        os.environ[MLFLOW] = known
    try:
        yield
    finally:
        os.environ[TENSORBOARD] = whole
        os.environ.pop(MLFLOW, None)
        if begun is not None:
            os.environ[MLFLOW] = begun


def survive(trainer: Any, run: Run, stage: str = "") -> None:
    """Let a tracker that fails (a server that is down, a lost connection, a bug) fail alone, at any event of a run.

    One that failed is left alone for a while, each time longer: some wait minutes for a server at every step.

    Args:
        stage: what metrics are called by, beside those of another stage.
    """
    from transformers.integrations.integration_utils import (
        INTEGRATION_TO_CALLBACK,
        MLflowCallback,
        SwanLabCallback,
        TensorBoardCallback,
    )
    from trl.extras.profiling import ProfilingContext

    for tracker in trainer.callback_handler.callbacks:
        if not isinstance(tracker, tuple(INTEGRATION_TO_CALLBACK.values())):
            continue
        if isinstance(tracker, TensorBoardCallback) and "://" not in (tracker.logging_dir or "") and find_spec("tensorboard"):
            tracker.tb_writer = Events(run, tracker.logging_dir or "tensorboard")
        if isinstance(tracker, SwanLabCallback) and run.write:
            tracker.setup = _first(_begin_swanlab, tracker._swanlab, tracker.setup)
        if isinstance(tracker, MLflowCallback):
            tracker.on_log = renamed(tracker.on_log, posixpath.normpath)
        if stage and not isinstance(tracker, TensorBoardCallback):
            tracker.on_log = renamed(without_summary(tracker.on_log), f"{stage}/{{}}".format)
        alone = Alone(type(tracker).__name__.removesuffix("Callback"), tracker)
        for event in (name for name in dir(tracker) if name.startswith("on_")):
            setattr(tracker, event, alone.tried(getattr(tracker, event)))
    if not hasattr(ProfilingContext._log_metrics, "__wrapped__"):       # TRL tells some trackers its times without a callback
        ProfilingContext._log_metrics = Alone("a tracker").tried(ProfilingContext._log_metrics)


def _first(begin: Callable[..., None], what: Any, call: Callable[..., None]) -> Callable[..., None]:
    def both(*args: Any, **kwargs: Any) -> None:
        begin(what)
        call(*args, **kwargs)

    return both


def renamed(on_log: Callable[..., Any], name: Callable[[str], str]) -> Callable[..., Any]:
    """`on_log` of a tracker, with other names of metrics.

    MLflow takes plain paths alone, and drops all of a step for another name: `rewards//home/me/my_reward.py:polite/mean`.
    """
    def told(args: Any, state: Any, control: Any, logs: Mapping[str, Any], **kwargs: Any) -> Any:
        return on_log(args, state, control, logs={name(metric): value for metric, value in logs.items()}, **kwargs)

    return told


def without_summary(on_log: Callable[..., Any]) -> Callable[..., Any]:
    """`on_log` of a tracker, without the totals at the end, which trackers know by names of their own and keep once a run."""
    def told(args: Any, state: Any, control: Any, logs: Mapping[str, Any], **kwargs: Any) -> Any:
        return None if any(name.endswith("train_runtime") for name in logs) else on_log(args, state, control, logs=logs, **kwargs)

    return told


class Alone:
    """Calls of a tracker whose failures are told and not raised."""

    def __init__(self, name: str, tracker: Any = None):
        self.name, self.tracker, self.failures, self.until = name, tracker, 0, 0.0

    def tried(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def attempt(*args: Any, **kwargs: Any) -> Any:
            if time.monotonic() < self.until:
                return None
            try:
                return call(*args, **kwargs)
            except Exception as error:
                if self.failures == 0:
                    say(f"  {self.name} fails ({type(error).__name__}: {short(error)}): the run goes on, metrics.jsonl has what it misses")
                logger.warning("%s: %s: %s", self.name, type(error).__name__, error)
                self.until = time.monotonic() + min(PAUSE_S * 2**self.failures, LONGEST_PAUSE_S)
                self.failures += 1
                if call.__name__ == "on_train_begin":
                    self.tracker._initialized = False       # W&B and SwanLab take an attempt to begin for a beginning
                return None

        return attempt


class Events:
    """A file of TensorBoard's events, with the methods of torch's SummaryWriter that transformers calls.

    That one leaves the file to a thread, which a full disk or a vanished folder ends with all that it held.
    """

    def __init__(self, run: Run, folder: str):
        from tensorboard.compat.proto.event_pb2 import Event

        self.run, self.event = run, Event
        self.name = f"{Path(folder).absolute()}/events.out.tfevents.{time.time():010.0f}.{socket.gethostname()}.{os.getpid()}"
        self.held = io.BytesIO()
        self._add(file_version="brain.Event:2")

    def add_scalar(self, tag: str, value: float, step: int | None = None) -> None:
        from torch.utils.tensorboard.summary import scalar

        self._add(summary=scalar(tag, value), step=step)

    def add_text(self, tag: str, value: str, step: int | None = None) -> None:
        from torch.utils.tensorboard.summary import text

        self._add(summary=text(tag, value), step=step)

    def flush(self) -> None:
        self.run.write_on(self.name, self.held.getvalue())
        self.held = io.BytesIO()

    close = flush

    def _add(self, **fields: Any) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        RecordWriter(self.held).write(self.event(wall_time=time.time(), **fields).SerializeToString())


class MlflowId(TrainerCallback):
    """Remembers the id under which MLflow's server knows the run, or a stage of it."""

    def __init__(self, run: Run, stage: str = ""):
        self.run, self.stage = run, stage

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if not self.run.write or "mlflow" not in (args.report_to or []):
            return
        import mlflow

        if active := mlflow.active_run():
            self.run.manifest["trackers"][f"mlflow_{self.stage}" if self.stage else "mlflow"] = active.info.run_id
            self.run.save()
            if self.stage:
                mlflow.set_tag("mlflow.runName", f"{args.run_name}-{self.stage}")
