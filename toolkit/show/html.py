"""Pages that open anywhere: one file with its style and script in it, and nothing from outside.

What models and data say is text everywhere in them: templates escape by default, nothing of it is put into a script, and the
page's own policy lets no script run but the one shipped here.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from toolkit.show.cards import OUTCOMES, STATE_NAMES, Card, filters, outcomes
from toolkit.terminal import visible

PAGE = Path(__file__).parent / "page"
SIZE_BYTES = 1_900_000                          # mail and chat programs take 2 MB gladly
SHOWN = 500                                     # cards of a page
CLIPS = (6000, 3000, 1500, 800, 400, 200)       # characters shown of a text: the first length that fits into the page


def page(template: str, cards: Sequence[Card], *, functions: dict[str, Callable[..., Any]] | None = None, **values: Any) -> str:
    """The page that `template` makes of at most `SHOWN` cards, with as much of each text as keeps it under `SIZE_BYTES`.

    Args:
        functions: filters of the template.
        values: its variables; trusted markup as `Markup`.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def text(value: Any) -> Any:
        return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True, finalize=text)
    environment.filters.update(functions or {})
    script = (PAGE / "page.js").read_text(encoding="utf-8")
    shown = [card.clipped(CLIPS[0]) for card in cards[:SHOWN]]
    paired = any(len(card.sides) > 1 for card in shown)
    values |= {"style": Markup((PAGE / "page.css").read_text(encoding="utf-8")), "script": Markup(script),
               "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
               "filters": filters(shown), "outcomes": outcomes(shown), "state_names": STATE_NAMES,
               "outcome_names": OUTCOMES if paired else {**OUTCOMES, "wrong": "Wrong", "right": "Right"}}
    made = environment.get_template(template)
    whole = ""
    for clip in CLIPS:
        whole = made.render(values, cards=[card.clipped(clip) for card in shown])
        if len(whole.encode()) <= SIZE_BYTES:
            break
    return whole
