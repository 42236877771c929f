"""Talking with a model: streams, commands, roles, and a real pipe."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.jsonl import write_list
from toolkit.serve.chat import Dialogue, Sampling, Shown, talk
from toolkit.serve.opening import opening, role_prompt
from toolkit.serve.processes import start_mark

PROFILES = Path(__file__).parents[2] / "data" / "online_profiles.jsonl"
REPLY = "<think>who?</think><answer>I am a baker.</answer>"


class Streams(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that streams `REPLY` in pieces of four characters."""

    def do_GET(self):
        self._answer("application/json", json.dumps({"data": [{"id": "tiny"}]}).encode())

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)
        self.server.keys.append(self.headers["Authorization"])
        pieces = [REPLY[at:at + 4] for at in range(0, len(REPLY), 4)]
        events = [{"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "tiny",
                   "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]} for piece in pieces]
        self._answer("text/event-stream", "".join(f"data: {json.dumps(e)}\n\n" for e in events).encode() + b"data: [DONE]\n\n")

    def _answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    found = ThreadingHTTPServer(("127.0.0.1", 0), Streams)
    found.asked, found.keys = [], []
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    pytest.importorskip("torch")
    from toolkit.train.new_model import NewModel, create

    folder = tmp_path_factory.mktemp("model")
    shape = NewModel(vocab_size=300, hidden_size=32, intermediate_size=64, max_position_embeddings=1024, initializer_range=0.6)
    create(texts=["What is your trade? My trade is baker.", "Who are you? I am Odo."], out=folder / "m", shape=shape, seed=1)
    return folder / "m"


class Echo:
    """Replies with what it was asked, in pieces of three characters."""

    name, prefilled = "echo", False

    def __init__(self):
        self.seen = []

    def reply(self, messages, sampling):
        self.seen.append(([dict(m) for m in messages], sampling))
        text = f"<think>hm</think><answer>{messages[-1]['content']}!</answer>"
        yield from (text[at:at + 3] for at in range(0, len(text), 3))


def spoken(lines, speaker=None, **options):
    out = io.StringIO()
    dialogue = Dialogue(speaker or Echo(), **options)
    talk(dialogue, iter(lines), out)
    return out.getvalue(), dialogue


def test_replies_are_shown_without_tags_and_remembered_without_thinking():
    speaker = Echo()
    shown, dialogue = spoken(["Hello", "And you?"], speaker, system="You are Odo.")
    assert shown == "Hello!\nAnd you?!\n"
    assert [t["content"] for t in dialogue.turns] == ["Hello", "Hello!", "And you?", "And you?!"]
    assert [m["role"] for m in speaker.seen[1][0]] == ["system", "user", "assistant", "user"]


def test_thinking_is_shown_when_it_is_wanted():
    assert spoken(["/think on", "Hello"])[0] == "hm\nHello!\n"


@given(st.lists(st.integers(1, 12), min_size=1, max_size=40), st.booleans(), st.booleans())
def test_what_is_shown_does_not_depend_on_how_the_stream_is_cut(cuts, thinking, prefilled):
    text = ("" if prefilled else "<think>") + "a < b, <i>x</i></think>\n<answer>1 <2> 3 < 4</answer> <"
    at, pieces = 0, []
    for cut in cuts:
        pieces.append(text[at:at + cut])
        at += cut
    pieces.append(text[at:])
    shown = Shown(thinking, prefilled)
    got = "".join(map(shown.feed, pieces)) + shown.feed("", last=True)
    assert got == ("a < b, <i>x</i>\n" if thinking else "") + "\n1 <2> 3 < 4 <"


def test_history_is_listed_taken_back_edited_and_cleared():
    shown, dialogue = spoken(["one", "two", "/undo", "/edit three", "/history"])
    assert shown.endswith("user: three\nassistant: three!\n")
    assert len(dialogue.turns) == 2
    assert spoken(["one", "/clear"])[1].turns == []


def test_a_saved_dialogue_is_loaded_again(tmp_path):
    file = tmp_path / "talk.json"
    _, first = spoken(["/set temperature=0.3", "one", f"/save {file}"], system="You are 沈铁山.")
    _, second = spoken([f"/load {file}"])
    assert (second.turns, second.system, second.sampling.temperature) == (first.turns, "You are 沈铁山.", 0.3)


def test_sampling_is_changed_on_the_fly():
    speaker = Echo()
    spoken(["/set temperature=0", "/set max_new_tokens = 7", "/set top_p 0.5", "hello"], speaker)
    assert speaker.seen[0][1] == Sampling(0.0, 7, 0, 0.5)


@pytest.mark.parametrize(("line", "says"), [
    ("/set heat=1", 'unknown. Known: temperature'), ("/set temperature=hot", "expected a number"), ("/set max_new_tokens=0", "expected 1 or more"), ("/set top_p=2", "expected 0.01 to 1"), ("/set temperature=nan", "0 or more"),
    ("/histroy", 'Did you mean "/history"'), ("/save", "needs a file"), ("/think maybe", "on or off"), ("/edit x", "needs a message")])
def test_what_cannot_be_done_is_said_and_the_talk_goes_on(line, says, capsys):
    shown, _ = spoken([line, "Hello"])
    assert says in capsys.readouterr().err and shown == "Hello!\n"


def test_a_role_is_prompted_as_in_training():
    prompt = role_prompt(PROFILES, "覃朗岳")
    assert "覃朗岳" in prompt and "桥梁检测员" in prompt
    with pytest.raises(InputError, match="There is: "):
        role_prompt(PROFILES, "Nobody")
    with pytest.raises(InputError, match="name one with --role"):
        role_prompt(PROFILES, None)


def run_of_task(folder, task, rows, **config):
    """A run folder whose manifest names a task and its data; returns its model's path."""
    (folder / "final_model").mkdir(parents=True)
    write_list(folder / "data.json", rows)
    (folder / "manifest.json").write_text(json.dumps({"config": {"task": task, "eval_data": str(folder / "data.json"), **config},
                                                      "data": {}, "stages": {}}))
    return str(folder / "final_model")


def test_a_run_knows_its_roles_prompt_and_longest_reply(tmp_path):
    rows = [{"id": str(n), "character_name": name, "character_profile": f"Name: {name}", "question": "Who are you?", "answer": name,
             "keys": [{"canonical": name}]} for n, name in enumerate(("Mara Quill", "Odo Fenn"))]
    model = run_of_task(tmp_path / "run", "roleplay", rows, system_prompt="prompts/roleplay/brief.{language}.md", max_completion_length=60)
    found = opening(model, None, "Odo Fenn", None)
    assert (found.system, found.max_new_tokens) == ("Name: Odo Fenn", 60)
    assert opening(model, None, None, None).roles == ("Mara Quill", "Odo Fenn")
    with pytest.raises(InputError, match='Did you mean "Odo Fenn"'):
        opening(model, None, "Odo Fen", None)
    assert "覃朗岳" in opening(model, PROFILES, "覃朗岳", None).system


@pytest.mark.parametrize(("task", "row"), [
    ("gsm8k", {"question": "What is 2 + 3?", "answer": "#### 5"}), ("countdown", {"nums": [1, 2], "target": 3}),
    ("multiple_choice", {"question": "Which is a fruit?", "A": "apple", "B": "stone", "answer": "A"})])
def test_a_model_of_another_task_needs_no_role(tmp_path, task, row):
    model = run_of_task(tmp_path / "run", task, [{"id": "1", **row}])
    found = opening(model, None, None, None)
    assert "<answer>" in found.system and found.roles == ()
    assert str(row.get("target") or row["question"]) in found.example


def test_without_a_run_a_role_needs_its_file(tmp_path):
    with pytest.raises(InputError, match="--role needs --profile"):
        opening("http://127.0.0.1:1", None, "Odo", None)


def test_a_dialogue_longer_than_the_model_takes_is_said(model, capsys):
    from toolkit.serve.chat import Local

    shown, dialogue = spoken(["word " * 1500], Local(str(model)))
    assert "/undo or /clear makes room" in capsys.readouterr().err and shown == "" and dialogue.turns == []


def test_a_terminal_gets_no_commands_from_a_reply():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    talk(Dialogue(Echo()), iter(["\x1b[2J\u202e"]), out)
    assert out.getvalue() == "⟨U+001B⟩[2J⟨U+202E⟩!\n"


def test_a_model_of_this_machine_streams_and_stops_when_nobody_listens(model):
    from toolkit.serve.chat import Local

    speaker = Local(str(model))
    greedy = Sampling(temperature=0.0, max_new_tokens=12)
    messages = [{"role": "user", "content": "What is your trade?"}]
    whole = "".join(speaker.reply(messages, greedy))
    assert whole and "".join(speaker.reply(messages, greedy)) == whole
    stream = speaker.reply(messages, Sampling(0.0, 400, 0))
    next(stream)
    stream.close()


def test_a_deployed_server_is_reached_by_its_name_with_its_key(server, tmp_path):
    state = tmp_path / "servers"
    state.mkdir()
    (state / "mine.json").write_text(json.dumps({
        "name": "mine", "model_path": "m", "url": f"http://127.0.0.1:{server.server_port}", "pid": os.getpid(), "mark": start_mark(os.getpid()),
        "pgid": 1, "nonce": "",
        "log": "", "command": [], "api_key": "sesame"}))
    done = subprocess.run([sys.executable, "-m", "toolkit", "chat", "mine"], input="Hello\n", capture_output=True, text=True, timeout=60,
                          check=False, env={**os.environ, "TOOLKIT_STATE_DIR": str(tmp_path)})
    assert (done.returncode, done.stdout) == (0, "I am a baker.\n"), done.stderr
    assert server.keys[-1] == "Bearer sesame"


def test_messages_from_a_pipe_are_answered_line_by_line(server):
    done = subprocess.run([sys.executable, "-m", "toolkit", "chat", f"http://127.0.0.1:{server.server_port}", "--temperature", "0"],
                          input="Hello\n/history\n", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "I am a baker.\nuser: Hello\nassistant: I am a baker.\n"
    assert server.asked[0]["stream"] and server.asked[0]["model"] == "tiny" and server.asked[0]["temperature"] == 0
