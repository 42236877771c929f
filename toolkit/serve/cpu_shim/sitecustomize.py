"""Runs before SGLang in every process of a CPU server."""

import os
import sys

if os.environ.get("SGLANG_USE_CPU_ENGINE") == "1":
    import importlib.abc
    import importlib.machinery

    class _Unpinned:
        """torch as SGLang's LoRA code sees it, which asks for pinned memory unconditionally. Only there: the same change
        made globally lets transformers load wrong weights without an error."""

        def __getattr__(self, name):
            import torch

            value = getattr(torch, name)
            if name in ("tensor", "empty", "zeros", "ones", "arange"):
                return lambda *args, pin_memory=False, **kwargs: value(*args, **kwargs)
            return value

    class _Prepare(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name == "torchvision":      # the registry's wheel is linked against CUDA: skip its operators' fake kernels
                _skip_torchvision_operators()
                return None
            if name.startswith("sglang.srt.lora."):
                spec = importlib.machinery.PathFinder.find_spec(name, path)
                if spec and spec.loader:   # a folder without __init__ has no loader
                    run = spec.loader.exec_module

                    def exec_module(module):
                        run(module)
                        if getattr(module, "torch", None) is sys.modules.get("torch"):
                            module.torch = _Unpinned()

                    spec.loader.exec_module = exec_module
                return spec
            return None

    def _skip_torchvision_operators():
        import torch

        if hasattr(torch.library, "_cpu_shim"):
            return
        register = torch.library._cpu_shim = torch.library.register_fake

        def register_fake(operator, *args, **kwargs):
            if isinstance(operator, str) and operator.startswith("torchvision::"):
                return lambda function: function
            return register(operator, *args, **kwargs)

        torch.library.register_fake = register_fake
        torch.Tensor.pin_memory = lambda self, *args, **kwargs: self

    sys.meta_path.insert(0, _Prepare())
