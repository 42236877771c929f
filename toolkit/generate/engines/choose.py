"""An engine by its name on the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from toolkit.errors import InputError, did_you_mean
from toolkit.generate.engines.base import Engine, EngineError

SERVED = ("sglang", "openai", "bedrock")


def engine_named(name: str, base_url: Sequence[str] = (), model: str | None = None, region: str | None = None,
                 key_from: str | None = None, batch: str | None = None, batch_role: str | None = None,
                 reach: bool = True) -> Engine:
    """An engine that is reached and whose model is known.

    Args:
        batch: `s3://bucket/prefix`, for Bedrock's batch inference, with the ARN of a role that may read and write there.
        reach: look whether it is there, and for the model's name; not needed when nothing will be sent.
        base_url: of SGLang or OpenAI-compatible servers; one endpoint instead of the region's for Bedrock.

    Raises:
        InputError: an unknown name, options that do not fit, a server that is not there, a model that it does not serve.
    """
    if name not in SERVED:
        raise InputError(f'--engine "{name}" is not here.{did_you_mean(name, SERVED)} Known: offline, {", ".join(SERVED)}.')
    if (batch or batch_role) and name != "bedrock":
        raise InputError(f"--batch is for bedrock, not for {name}.")
    if name == "bedrock":
        from toolkit.generate.engines.bedrock import BedrockEngine

        if key_from:
            raise InputError("--api-key-env is not for bedrock: put its API key into AWS_BEARER_TOKEN_BEDROCK.")
        if len(base_url) > 1:
            raise InputError("--engine bedrock takes one --base-url at most.")
        live = BedrockEngine(model, region, base_url[0] if base_url else None)
        if batch:
            from toolkit.generate.engines.bedrock_batch import BedrockBatchEngine
        engine: Engine = BedrockBatchEngine(live, batch, batch_role) if batch else live
    else:
        from toolkit.generate.engines.openai import OpenAIEngine

        if region:
            raise InputError(f"--region is for bedrock, not for {name}.")
        engine = OpenAIEngine(base_url, model, name, key_from)
    unusable = [error for error in asyncio.run(_looked(engine)) if error] if reach else []
    if unusable:
        from toolkit.terminal import say

        for error in unusable:
            say(f"warning: {error} Going on without it until it answers.")
    return engine


async def _looked(engine: Engine) -> Sequence[EngineError | None]:
    try:
        return await engine.open(1)
    finally:
        await engine.close()
