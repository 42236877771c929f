"""Options → the exact command that starts SGLang, with everything that can be checked before, all problems at once."""

from __future__ import annotations

import dataclasses
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, did_you_mean
from toolkit.serve.checkpoint import Checkpoint, disk_of_cache, read_checkpoint
from toolkit.serve.container import engine_in
from toolkit.serve.engine import Engine, find_engine
from toolkit.serve.gpus import Gpu, gpus, holders
from toolkit.serve.ports import free_port, holder, is_free
from toolkit.serve.state import NAME, Server, servers

SETTINGS = "configs/servers.yaml"
SHIM = Path(__file__).parent / "cpu_shim"
DOWNLOAD_LEAST = 2 * 10**9      # bytes of disk; the smallest models of configs/servers.yaml have 1.2 GB
CPU_MOST = 4 * 10**9            # bytes of weights that are served on a CPU without being asked for
FIRST_PORT = 30000
STATIC = 0.88                   # share of a GPU for weights and KV cache that SGLang takes by default at most
LAUNCH = ("-m", "sglang.launch_server")          # what every version since 0.4 takes
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# --mem-fraction-static on a CPU counts the memory of other processes, hence not small; the number of tokens is the real limit.
CPU_FLAGS = {"device": ["cpu"], "attention-backend": ["torch_native"], "dtype": ["float32"], "mem-fraction-static": ["0.3"],
             "max-total-tokens": ["8192"], "max-running-requests": ["32"]}
# Without it a model without much training fills JSON with hundreds of blanks.
ALWAYS = {"constrained-json-disable-any-whitespace": []}
SIZES = ("tp", "tp-size", "tensor-parallel-size")
OURS = ("api-key", "admin-api-key", "weight-version", "model-path", "model", "port", "host", "config")


@dataclass(frozen=True, slots=True)
class Options:
    """What `toolkit deploy sglang` is told; None: not told."""

    model_path: str | None = None
    name: str | None = None
    tp: str | None = None               # a number, or auto
    dp: int | None = None
    ep: int | None = None
    mem_fraction: float | None = None
    context: int | None = None
    dtype: str | None = None
    port: str = "30000"                 # a number, or auto
    host: str = "127.0.0.1"
    api_key: str | None = None
    python: str | None = None
    device: str = "auto"
    chat_template: str | None = None
    trust_remote_code: bool = False
    chat: bool = True
    raw: tuple[str, ...] = ()
    replicas: int = 1
    image: str | None = None            # of a container to run it in


@dataclass(frozen=True, slots=True)
class Plan:
    """`flags`: of `program`, without dashes, with their values. `secrets` go into a file that only the user reads, since a command
    line is seen by everybody. `notes` are said once before the start. `gpus`: how many it takes; 0 on a CPU."""

    name: str
    model_path: str
    host: str
    port: int
    nonce: str
    engine: Engine
    flags: dict[str, list[str]]
    environment: dict[str, str]
    secrets: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    chat: bool = True
    gpus: int = 0
    image: str = ""
    program: tuple[str, ...] = LAUNCH
    part_of: str = ""
    workers: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, f"[{self.host}]" if ":" in self.host else self.host)
        return f"http://{host}:{self.port}"

    @property
    def container(self) -> str:
        """Its name carries the nonce: what is ended by that name was started here."""
        return f"toolkit-{self.name}-{self.nonce}" if self.image else ""

    def command(self, secrets_file: str | None = None) -> list[str]:
        """Of the process."""
        if self.image:
            from toolkit.serve.container import run_command

            return run_command(self, secrets_file)
        words = [self.engine.python, *self.program]
        for name, values in self.flags.items():
            words += [f"--{name}", *values]
        return words + (["--config", secrets_file] if secrets_file and self.secrets else [])


def make_plan(options: Options, replacing: str | None = None) -> Plan:
    """Args:
        replacing: the name of a server that will be stopped first: its name and port count as free.

    Raises:
        InputError: every problem that can be seen before the start, each with its fix.
    """
    preset = _preset(options.name, options.model_path)
    model = options.model_path or (preset["models"][0] if preset else None)
    if not model:
        raise InputError("--model-path is missing: a model folder or a hub name. Known by --model-name alone: "
                         f"{', '.join(_presets())}.")
    problems: list[str] = []
    notes: list[str] = []
    engine, checkpoint, readable = None, None, True
    try:
        engine = engine_in(options.image) if options.image else find_engine(options.python)
    except InputError as error:
        problems += error.problems
    try:
        checkpoint = read_checkpoint(model)
    except InputError as error:
        readable = False
        problems += error.problems
    if checkpoint:
        model = str(checkpoint.folder.resolve()) if Path(model).expanduser().is_dir() else model
    elif readable:
        cache, free = disk_of_cache()
        notes.append(f"{model} is not on this machine: SGLang downloads it to {cache}, where {free / 1e9:.0f} GB are free.")
        if free < DOWNLOAD_LEAST:
            problems.append(f"{model} is yet to be downloaded, and {cache} has {free / 1e9:.1f} GB free. Free some, or set HF_HOME.")
    name = options.name or _name_for(model)
    for taken in (name, *(worker_name(name, number) for number in range(options.replicas if options.replicas > 1 else 0))):
        problems += _name_problems(taken, replacing)
    raw = _parsed(options.raw, problems)
    flags = _flags(options, preset, raw, model, name)
    visible = gpus()
    if replacing:       # its own memory will be free
        visible = [dataclasses.replace(gpu, free_bytes=gpu.total_bytes) for gpu in visible]
    cpu = _on_cpu(options, checkpoint, readable, visible, problems, notes, raw)
    if cpu:
        told = {"tp-size": options.tp, "ep-size": options.ep}       # a preset's numbers of GPUs mean nothing here
        flags = CPU_FLAGS | {k: v for k, v in flags.items() if k not in told or k in raw or told[k] is not None}
    port = _port(options, problems, replacing)
    count = _sizes(flags, checkpoint, visible, cpu, options, problems, notes)
    if checkpoint:
        problems += checkpoint.problems() + _model_problems(options, flags, checkpoint, engine)
    if engine:
        problems += _flag_problems(flags, raw, engine)
    keys = _keys(options, notes)
    problems += [f"--{word} is given after --, but belongs before it." for word in OURS if word in raw]
    if problems:
        raise InputError(problems)
    assert engine is not None
    nonce = "deploy-" + secrets.token_hex(6)
    flags |= {"host": [options.host], "port": [str(port)], "weight-version": [nonce]}
    return Plan(name, model, options.host, port, nonce, engine, flags, _environment(cpu, model), keys, tuple(notes), options.chat, count,
                options.image or "")


def worker_name(name: str, number: int) -> str:
    """Of a replica, counted from 0."""
    return f"{name}-{number + 1}"


def _presets() -> dict[str, Any]:
    from toolkit import resources

    return resources.yaml_file(SETTINGS)


def _preset(name: str | None, model: str | None) -> dict[str, Any] | None:
    """The entry of configs/servers.yaml by the server's name, or by the model's."""
    wanted = {word.lower() for word in (name, model and Path(model).name) if word}
    for entry, preset in _presets().items():
        if entry in wanted or wanted & {known.rpartition("/")[2].lower() for known in preset["models"]}:
            return preset
    return None


def _name_for(model: str) -> str:
    """The folder's name; of `…/run/final_model` the run's, since every run has a final_model."""
    path = Path(model)
    name = path.parent.name if path.name in ("final_model", "final") or path.name.startswith("checkpoint-") else path.name
    return name.lower() or "model"


def _name_problems(name: str, replacing: str | None) -> list[str]:
    if not NAME.fullmatch(name):
        return [f'--model-name "{name}" is no name: letters, digits, dot, dash and underscore.']
    if any(server.name == name and server.runs and not replaced(server, replacing) for server in servers()):
        return [f'a server "{name}" runs already. Stop it: toolkit deploy stop {name}, or give another --model-name.']
    return []


def replaced(server: Server, replacing: str | None) -> bool:
    """Whether it is, or is part of, the deployment that will be stopped first."""
    return replacing is not None and replacing in (server.name, server.part_of)


def _parsed(words: tuple[str, ...], problems: list[str]) -> dict[str, list[str]]:
    """`--a 1 --b --c=2` as names and values."""
    found: dict[str, list[str]] = {}
    values: list[str] | None = None
    for word in words:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            values = found.setdefault("tp-size" if name in SIZES else name, [])
            values += [value] if equals else []
        elif values is None:
            problems.append(f'"{word}" after -- is no flag of SGLang: they begin with --.')
        else:
            values.append(word)
    return found


def _flags(options: Options, preset: dict[str, Any] | None, raw: dict[str, list[str]], model: str, name: str) -> dict[str, list[str]]:
    """What we always say, then the settings of the model, then the options, then what stands after `--`."""
    known = {key: [] if value is True else [str(value)] for key, value in (preset["flags"] if preset else {}).items()
             if key != "trust-remote-code"}
    told = {"tp-size": options.tp, "dp-size": options.dp, "ep-size": options.ep, "mem-fraction-static": options.mem_fraction,
            "context-length": options.context, "dtype": options.dtype, "chat-template": options.chat_template}
    given = {key: [str(value)] for key, value in told.items() if value is not None}
    if options.trust_remote_code:
        given["trust-remote-code"] = []
    return {"model-path": [model], "served-model-name": [name]} | ALWAYS | known | given | raw


def _on_cpu(options: Options, checkpoint: Checkpoint | None, readable: bool, visible: list[Gpu], problems: list[str],
            notes: list[str], raw: dict[str, list[str]]) -> bool:
    device = (raw.get("device") or [options.device])[0]
    if device not in ("auto", "cpu", "cuda"):
        problems.append(f'--device "{device}" is not here. Known: auto, cpu, cuda.')
    if device == "cuda" and not visible:
        problems.append("--device cuda: nvidia-smi shows no GPU. toolkit doctor tells more.")
    if device != "auto" or visible:
        return device == "cpu"
    if not readable:
        return True
    if checkpoint is None or checkpoint.weight_bytes > CPU_MOST:
        size = f"{checkpoint.weight_bytes / 1e9:.0f} GB of weights" if checkpoint else "a model of unknown size"
        problems.append(f"there is no GPU, and {size} on a CPU is very slow. Run where a GPU is, or insist: --device cpu.")
    else:
        notes.append("There is no GPU: serving on the CPU, in float32.")
    return True


def _port(options: Options, problems: list[str], replacing: str | None) -> int:
    if options.port == "auto":
        return free_port(options.host, FIRST_PORT, {int(server.url.rpartition(":")[2]) for server in servers() if server.runs})
    if not options.port.isdigit() or not 0 < int(options.port) < 65536:
        problems.append(f'--port "{options.port}" is neither a number up to 65535 nor auto.')
        return 0
    port = int(options.port)
    ours = next((server for server in servers() if server.runs and server.url.endswith(f":{port}")), None)
    if ours and replaced(ours, replacing):
        return port
    if not is_free(options.host, port):
        who = f'the server "{ours.name}" of toolkit deploy' if ours else holder(port) or "a process of another user"
        problems.append(f"port {port} is taken by {who}. Another --port, such as {free_port(options.host, port + 1)}, or --port auto.")
    return port


def _sizes(flags: dict[str, list[str]], checkpoint: Checkpoint | None, visible: list[Gpu], cpu: bool, options: Options,
           problems: list[str], notes: list[str]) -> int:
    """tp divides the heads (a vocabulary is padded by SGLang), ep the experts; the GPUs hold the weights and one context of KV cache.

    Returns:
        how many GPUs a replica takes; 0 without GPUs.
    """
    numbers = {}
    for name in ("tp-size", "dp-size", "ep-size", "pp-size"):
        text = (flags.get(name) or ["1"])[0]
        if text == "auto" and name == "tp-size":
            text = str(_tp_for(checkpoint, visible, flags)) if checkpoint and visible and not cpu else "1"
            flags["tp-size"] = [text]
            notes.append(f"--tp-size auto: {text}.")
        if not text.isdigit() or int(text) < 1:
            problems.append(f'--{name} "{text}" is no number of GPUs.')
            return 0
        numbers[name] = int(text)
    tp, ep, wanted = numbers["tp-size"], numbers["ep-size"], numbers["tp-size"] * numbers["dp-size"] * numbers["pp-size"]
    if "enable-dp-attention" in flags:
        wanted = tp * numbers["pp-size"]
    if checkpoint:
        heads, experts = checkpoint.text.get("num_attention_heads"), checkpoint.experts
        if heads and heads % tp:
            valid = [n for n in range(1, heads + 1) if heads % n == 0 and n <= max(len(visible), 8)]
            problems.append(f"--tp-size {tp} does not divide the model's {heads} attention heads. Possible: {', '.join(map(str, valid))}.")
        pairs = checkpoint.text.get("num_key_value_heads")
        if pairs and heads and not heads % tp and pairs % tp and tp % pairs:
            problems.append(f"--tp-size {tp} neither divides the model's {pairs} key-value heads nor is a multiple of them.")
        if ep > 1 and not experts:
            problems.append(f"--ep-size {ep}: the model ({checkpoint.architecture}) has no experts. Leave it out.")
        elif ep > 1 and experts % ep:
            problems.append(f"--ep-size {ep} does not divide the model's {experts} experts.")
    if ep > 1 and tp % ep:
        problems.append(f"--ep-size {ep} does not divide --tp-size {tp}.")
    if cpu or not visible or "nnodes" in flags:
        return 0
    if wanted * options.replicas > len(visible):
        copies, fewer = (f", {options.replicas} times", " or --replicas") if options.replicas > 1 else ("", "")
        problems.append(f"{wanted * options.replicas} GPUs are wanted (tp x dp x pp{copies}), {len(visible)} are visible. "
                        f"Lower --tp-size{fewer}, or see CUDA_VISIBLE_DEVICES.")
        return wanted
    if checkpoint and (kv := checkpoint.kv_bytes_per_token()) is not None:
        context = options.context or checkpoint.context or 4096
        need = checkpoint.weight_bytes / (tp * numbers["pp-size"]) + kv * context / (tp * numbers["pp-size"])
        share = float((flags.get("mem-fraction-static") or [STATIC])[0])
        free = min(gpu.free_bytes for gpu in visible[:wanted * options.replicas])
        notes.append(f"each GPU: {checkpoint.weight_bytes / tp / 1e9:.1f} GB of weights, {kv * context / tp / 1e9:.2f} GB of KV cache for one "
                     f"context of {context} tokens, {free / 1e9:.0f} GB free.")
        if need > free * share:
            held = f" Memory is held by: {'; '.join(holders())}." if holders() else ""
            problems.append(f"the model needs {need / 1e9:.0f} GB on each of {tp} GPUs (weights and one context), {free * share / 1e9:.0f} GB are "
                            f"there.{held} A larger --tp-size, a shorter --context-length, or a quantized model.")
    return wanted


def _tp_for(checkpoint: Checkpoint, visible: list[Gpu], flags: dict[str, list[str]]) -> int:
    """The smallest that divides the heads and holds the weights in 70 % of the free memory; the rest is for the KV cache."""
    heads = checkpoint.text.get("num_attention_heads") or 1
    free = min(gpu.free_bytes for gpu in visible)
    fitting = [n for n in range(1, len(visible) + 1) if heads % n == 0]
    return next((n for n in fitting if checkpoint.weight_bytes / n < 0.7 * free), fitting[-1])


def _model_problems(options: Options, flags: dict[str, list[str]], checkpoint: Checkpoint, engine: Engine | None) -> list[str]:
    found = []
    if engine and engine.architectures and checkpoint.architecture and checkpoint.architecture not in engine.architectures \
            and not engine.knows_model_type(str(checkpoint.config.get("model_type"))) and not checkpoint.code:
        found.append(f'SGLang {engine.versions["sglang"]} has no code for "{checkpoint.architecture}" of {checkpoint.folder / "config.json"}.'
                     f"{did_you_mean(checkpoint.architecture, sorted(engine.architectures))} A newer SGLang may have.")
    if checkpoint.code and "trust-remote-code" not in flags:
        found.append(f"the model brings code of its own ({', '.join(checkpoint.code)}), which would run here. Read it, then give --trust-remote-code.")
    if options.chat and not checkpoint.has_template and "chat-template" not in flags:
        found.append(f"{checkpoint.folder} has no chat template: every chat request would fail. Name one with --chat-template FILE, take the "
                     "-Instruct model, or --no-chat for completions only.")
    template = (flags.get("chat-template") or [""])[0]
    if template and ("/" in template or template.endswith(".jinja")) and not Path(template).is_file():
        found.append(f"--chat-template {template} does not exist.")
    if options.context and checkpoint.context and options.context > checkpoint.context:
        found.append(f"--context-length {options.context} is longer than the model's {checkpoint.context} (max_position_embeddings).")
    return found


def _flag_problems(flags: dict[str, list[str]], raw: dict[str, list[str]], engine: Engine) -> list[str]:
    """argparse takes a beginning of a name, too."""
    if not engine.flags:
        return []
    known = sorted(engine.flags)
    return [f"--{name} is no option of SGLang {engine.versions['sglang']}.{did_you_mean('--' + name, known)}"
            for name in flags if f"--{name}" not in engine.flags and not (name in raw and any(k.startswith(f"--{name}") for k in known))]


def _keys(options: Options, notes: list[str]) -> dict[str, str]:
    """Off the loopback a key is needed: the one given, or a new one. The admin key guards the endpoints that change weights."""
    key = options.api_key or os.environ.get("SGLANG_API_KEY")
    if not key and options.host not in LOOPBACK:
        key = secrets.token_urlsafe(24)
        notes.append(f"--host {options.host} can be reached by others: a key was made. toolkit deploy status --show-key shows it.")
    return {"api-key": key, "admin-api-key": secrets.token_urlsafe(24)} if key else {}


def _environment(cpu: bool, model: str) -> dict[str, str]:
    """What is set beside the user's own environment."""
    own = {"PYTHONUNBUFFERED": "1"}
    if Path(model).is_dir():
        own["HF_HUB_OFFLINE"] = "1"             # a folder needs nothing from the hub, and a hub that hangs holds up the start
    if cpu:
        paths = [str(SHIM), *filter(None, [os.environ.get("PYTHONPATH")])]
        # More threads than one slow a CPU server down as soon as anything else runs: 5.8 against 92 tokens/s.
        own |= {"SGLANG_USE_CPU_ENGINE": "1", "PYTHONPATH": os.pathsep.join(paths),
                "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    return own
