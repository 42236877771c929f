"""`accelerate launch` as `toolkit train` starts it, for processes that save before they end.

Ctrl-C, SIGTERM and SIGHUP are passed on and their end is awaited (torch's launcher kills after 30 seconds); it ends with the exit code
of the process that failed first, without its traceback.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from typing import Any

from toolkit.train.signals import handled


def main() -> None:
    import psutil
    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    asked: list[int] = []

    def pass_on(number: int, frame: Any) -> None:
        asked.append(number)
        for child in psutil.Process().children():
            child.send_signal(number)

    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)       # a stop that was asked for is no error
    arguments = launch_command_parser().parse_args()
    arguments.signals_to_handle = "SIGQUIT"             # what torch's launcher sees to itself
    try:
        with handled(pass_on):
            launch_command(arguments)
    except ChildFailedError as error:
        rank, first = error.get_first_failure()
        code = first.exitcode
        if code < 0 and not asked:              # one may be told so late that it is about to end
            print(f"error: process {rank} was ended by {signal.Signals(-code).name} (SIGKILL: most often for want of memory). The same command "
                  "continues.", file=sys.stderr)
    except subprocess.CalledProcessError as error:      # of a single process
        code = error.returncode
    else:
        return
    sys.exit(code if code > 0 else 128 - code)          # below 0: ended by a signal


if __name__ == "__main__":
    main()
