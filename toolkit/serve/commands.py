"""`toolkit deploy`: start a server and know that it serves; see it, read its log, stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from toolkit.serve.state import Server

app = typer.Typer(no_args_is_help=True, help="Start an inference server, and see, read and stop what was started here.",
                  epilog="Example: toolkit deploy sglang --model-path outputs/mine/final_model --model-name mine")
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON to stdout.")]
Name = Annotated[str | None, typer.Argument(help="The server's name; not needed when there is only one.")]


@app.command(epilog="Example: toolkit deploy sglang --model-path Qwen/Qwen3-8B --model-name qwen3 --tp-size auto    "
             "SGLang's own flags after --: … -- --max-running-requests 64")
def sglang(
    words: Annotated[list[str] | None, typer.Argument(metavar="[MODEL] [-- FLAGS]", help="The model, and after -- any flag of SGLang.")] = None,
    model_path: Annotated[str | None, typer.Option("--model-path", help="A model folder or hub name.")] = None,
    model_name: Annotated[str | None, typer.Option("--model-name", "--name", help="The name it is served and found by; one of configs/servers.yaml brings its settings.")] = None,
    tp_size: Annotated[str | None, typer.Option("--tp-size", "--tp", help="GPUs that share the model: a number, or auto.")] = None,
    dp_size: Annotated[int | None, typer.Option("--dp-size", "--dp", min=1, help="Copies of the model in this server.")] = None,
    ep_size: Annotated[int | None, typer.Option("--ep-size", "--ep", min=1, help="GPUs that share the experts.")] = None,
    mem_fraction_static: Annotated[float | None, typer.Option("--mem-fraction-static", "--memory-fraction", min=0.01, max=1.0, help="Share of GPU memory for weights and KV cache.")] = None,
    context_length: Annotated[int | None, typer.Option("--context-length", "--context", min=1, help="Longest prompt and reply together, tokens.")] = None,
    dtype: Annotated[str | None, typer.Option(help="auto, bfloat16, float16, float32.")] = None,
    port: Annotated[str, typer.Option(help="A number, or auto: the first free one from 30000 on.")] = "30000",
    host: Annotated[str, typer.Option(help="The address to listen on; another than the loopback gets a key.")] = "127.0.0.1",
    public: Annotated[bool, typer.Option("--public", help="Listen on every address (0.0.0.0), with a key.")] = False,
    api_key: Annotated[str | None, typer.Option(help="The key that clients must send (SGLANG_API_KEY, where it stays out of sight).")] = None,
    python: Annotated[str | None, typer.Option("--python", "--engine-python", help="The interpreter that holds SGLang (TOOLKIT_SGLANG_PYTHON).")] = None,
    docker: Annotated[bool, typer.Option("--docker", help="Run it in a container; see --image.")] = False,
    image: Annotated[str | None, typer.Option(help="The container's image, for --docker (lmsysorg/sglang).")] = None,
    replicas: Annotated[int, typer.Option(min=1, help="Servers on GPUs of their own, with SGLang's router in front: one address.")] = 1,
    device: Annotated[str, typer.Option(help="auto: GPUs where there are any, the CPU for small models; cuda; cpu.")] = "auto",
    chat_template: Annotated[str | None, typer.Option(help="A Jinja file, or a name that SGLang knows.")] = None,
    chat: Annotated[bool, typer.Option("--chat/--no-chat", help="Completions only: no chat template needed.")] = True,
    trust_remote_code: Annotated[bool, typer.Option("--trust-remote-code", help="Let the model's own Python files run.")] = False,
    auto_tune: Annotated[bool, typer.Option("--auto-tune", help="When memory runs out at graph capture, try the flags that help, in order.")] = False,
    timeout: Annotated[float, typer.Option(min=1, help="Longest wait until it is ready, seconds.")] = 3600.0,
    keep: Annotated[bool, typer.Option("--keep", help="Ctrl-C while it starts leaves it starting.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check, and show the command.")] = False,
    show: Annotated[str | None, typer.Option("--print", help="Show instead of starting: command, dockerfile, compose or slurm.")] = None,
    as_json: Json = False,
) -> None:
    """Check everything that can be checked, start SGLang, and wait until it has answered a real request."""
    from toolkit.errors import InputError
    from toolkit.serve.container import IMAGE
    from toolkit.serve.deploy import deploy
    from toolkit.serve.plan import Options, make_plan
    from toolkit.serve.replicas import replicated

    rest = list(words or [])
    if rest and not rest[0].startswith("-"):
        first = rest.pop(0)
        if model_path and model_path != first:
            raise InputError(f"the model is named twice: {first} and --model-path {model_path}.")
        model_path = first
    options = Options(model_path, model_name, tp_size, dp_size, ep_size, mem_fraction_static, context_length, dtype, port,
                      "0.0.0.0" if public and host == "127.0.0.1" else host, api_key, python, device, chat_template, trust_remote_code,
                      chat, tuple(rest), replicas, image or IMAGE if docker or image else None)
    plan = make_plan(options)
    if dry_run or show:
        from toolkit.serve.printed import printed

        print(printed(replicated(plan, replicas), show or "command"))
        return
    server = deploy(plan, options, timeout, keep, auto_tune)
    if as_json:
        _print_json(_told(server))


@app.command(epilog="Example: toolkit deploy status    For machines: toolkit deploy status mine --json")
def status(
    name: Name = None,
    show_key: Annotated[bool, typer.Option("--show-key", help="Show the API keys, too.")] = False,
    as_json: Json = False,
) -> None:
    """Model, address, uptime, load, tokens a second and cache hits of the servers started here."""
    from toolkit.serve import state
    from toolkit.serve.status import render, status_of

    found = [state.named(name)] if name else state.servers()
    rows = [status_of(server, show_key) for server in found]
    if as_json:
        _print_json(rows)
    else:
        render(rows)


app.command("list", epilog="Example: toolkit deploy list")(status)


@app.command(epilog="Example: toolkit deploy logs mine --follow")
def logs(
    name: Name = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C, or the server ends.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines.")] = 100,
) -> None:
    """The end of a server's log; of one that has ended or failed, too."""
    from toolkit.serve.status import tail

    for line in tail(name, lines, follow):
        print(line, flush=follow)


@app.command(epilog="Example: toolkit deploy stop mine    All: toolkit deploy stop --all")
def stop(
    name: Name = None,
    every: Annotated[bool, typer.Option("--all", help="All servers that were started here.")] = False,
    as_json: Json = False,
) -> None:
    """End a server and its workers; nothing that was not started here is touched."""
    from toolkit.serve import state
    from toolkit.serve.launch import stop as end
    from toolkit.terminal import say

    ended = []
    for server in [one for one in state.servers() if not one.part_of] if every else [state.named(name)]:
        ran = end(server)
        ended.append({"name": server.name, "ran": ran})
        say(f"stopped {server.name}" if ran else f"{server.name} had ended already")
    if as_json:
        _print_json(ended)


@app.command(epilog="Example: toolkit deploy restart mine")
def restart(
    name: Name = None,
    timeout: Annotated[float, typer.Option(min=1, help="Longest wait until it is ready, seconds.")] = 3600.0,
    as_json: Json = False,
) -> None:
    """Stop a server and start it with the options it had; checked first, so that a server that runs is not lost to a mistake."""
    from toolkit.errors import InputError
    from toolkit.serve import state
    from toolkit.serve.deploy import deploy
    from toolkit.serve.launch import stop as end
    from toolkit.serve.plan import Options, make_plan

    server = state.named(name)
    if server.part_of:
        raise InputError(f'"{server.name}" is a worker of "{server.part_of}". All of it: toolkit deploy restart {server.part_of}')
    options = Options(**_options_of(server))
    plan = make_plan(options, replacing=server.name)
    end(server)
    again = deploy(plan, options, timeout)
    if as_json:
        _print_json(_told(again))


@app.command(epilog="Example: toolkit deploy install sglang --cpu")
def install(
    engine: Annotated[str, typer.Argument(help="sglang.")] = "sglang",
    cpu: Annotated[bool, typer.Option("--cpu", help="Without CUDA: for small models and tests.")] = False,
    version: Annotated[str, typer.Option(help="Of SGLang.")] = "0.5.23",
    folder: Annotated[str | None, typer.Option(help="Where; deploy finds the usual place by itself.")] = None,
) -> None:
    """SGLang in an environment of its own, where deploy finds it."""
    from toolkit.serve.install import install as run
    from toolkit.terminal import say

    python = run(engine, version, cpu, folder)
    say(f"installed {python}")
    say("next: toolkit deploy sglang --model-path DIR")


def _options_of(server: Server) -> dict[str, Any]:
    import json

    saved = json.loads(server.words[0])
    # its clients know that key and that port
    return saved | {"raw": tuple(saved["raw"]), "api_key": server.api_key, "port": server.url.rpartition(":")[2]}


def _told(server: Server) -> dict[str, Any]:
    return {"name": server.name, "url": server.url, "model_path": server.model_path, "pid": server.pid, "log": server.log,
            "versions": server.versions, "ready_after_s": round((server.ready or 0) - server.started, 1)}


def _print_json(value: Any) -> None:
    from toolkit.jsonl import dumps

    print(dumps(value, indent=True))
