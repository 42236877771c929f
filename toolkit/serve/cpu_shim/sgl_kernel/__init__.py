"""Pure-torch stand-in for the two sgl_kernel functions that SGLang imports unconditionally on a CPU."""

import ctypes

__version__ = "0.0.0+torch"


def assign_req_to_token_pool_cpu(req_pool_indices, req_to_token, start, end, out_cache_loc, stride):
    offset = 0
    for request, first, last in zip(req_pool_indices.tolist(), start.tolist(), end.tolist(), strict=True):
        req_to_token[request, first:last] = out_cache_loc[offset:offset + (last - first)].to(req_to_token.dtype)
        offset += last - first


def copy_all_layer_kv_cache_cpu(data_ptrs, strides, tgt, src):
    targets, sources = tgt.tolist(), src.tolist()
    for address, stride in zip(data_ptrs.tolist(), strides.tolist(), strict=True):
        rows = [ctypes.string_at(address + source * stride, stride) for source in sources]
        for target, row in zip(targets, rows, strict=True):
            ctypes.memmove(address + target * stride, row, stride)


def __getattr__(name):
    """Names imported for paths of GPUs or of speculation: they fail only when called."""
    if name.startswith("__"):
        raise AttributeError(name)

    def missing(*args, **kwargs):
        raise NotImplementedError(f"sgl_kernel.{name} has no CPU stand-in")

    return missing
