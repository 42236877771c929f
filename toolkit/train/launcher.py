"""`accelerate launch` as `toolkit train` starts it: it ends with the exit code of the process that failed first, without its traceback."""

from __future__ import annotations

import sys


def main() -> None:
    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    try:
        launch_command(launch_command_parser().parse_args())
    except ChildFailedError as error:
        _, first = error.get_first_failure()
        sys.exit(first.exitcode if first.exitcode > 0 else 1)       # below 0: ended by a signal


if __name__ == "__main__":
    main()
