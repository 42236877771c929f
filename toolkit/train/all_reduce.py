"""`python -m toolkit.train.all_reduce SECONDS`: all GPUs of this machine add up 64 MiB, again and again; two processes over gloo where
there is none. Prints {"backend", "processes", "rounds", "gb_per_s"}: the bus bandwidth, 2 (n - 1) / n of the bytes in a round's time
(https://github.com/NVIDIA/nccl-tests/blob/master/doc/PERFORMANCE.md). `toolkit doctor --multi-gpu` runs it.
"""

from __future__ import annotations

import datetime
import json
import socket
import sys
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

FLOATS = 2**24
WAIT = datetime.timedelta(seconds=20)


def work(rank: int, count: int, port: int, seconds: float) -> None:
    gpu = torch.cuda.is_available()
    backend, device = ("nccl", f"cuda:{rank}") if gpu else ("gloo", "cpu")
    dist.init_process_group(backend, f"tcp://127.0.0.1:{port}", rank=rank, world_size=count, timeout=WAIT)
    x = torch.empty(FLOATS, device=device)

    def seconds_of(rounds: int) -> float:
        began = time.perf_counter()
        for _ in range(rounds):
            x.fill_(rank + 1.0)
            dist.all_reduce(x)
        if gpu:
            torch.cuda.synchronize()
        return time.perf_counter() - began

    seconds_of(1)                                   # connects
    one = torch.tensor(seconds_of(1), device=device)
    dist.all_reduce(one, dist.ReduceOp.MAX)         # all agree how many rounds that makes
    rounds = max(1, int(seconds / one.item()))
    took = seconds_of(rounds)
    if x[0].item() != count * (count + 1) / 2:
        raise ArithmeticError(f"rank {rank}: the sum is {x[0].item()}, expected {count * (count + 1) / 2}")
    dist.destroy_process_group()
    if rank == 0:
        speed = 2 * (count - 1) / count * x.nbytes * rounds / took / 1e9
        print(json.dumps({"backend": backend, "processes": count, "rounds": rounds, "gb_per_s": round(speed, 1)}))


def main() -> None:
    count = torch.cuda.device_count() or 2
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    method = "spawn" if torch.cuda.is_available() else "fork"       # CUDA does not survive a fork; a fork imports nothing again
    mp.start_processes(work, (count, port, float(sys.argv[1])), count, start_method=method)


if __name__ == "__main__":
    main()
