"""A command that reads files from outside, in a process of its own that is held to limits."""

import os
import signal
import sys
from collections.abc import Callable

from service.commands.printing import print_json

APART = frozenset({"measure", "picture", "sr"})
UNUSABLE, REFUSED = 2, 3
ENDS = {signal.SIGINT, signal.SIGTERM}


def apart(command: str, run: Callable[[], int]) -> int:
    """Run a command, of which nothing was imported yet, in a fork; its exit status.

    Where a file ends the fork, that is refused as any other file is.
    """
    asked = signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # one that comes now waits
    child = os.fork()
    if not child:
        signal.pthread_sigmask(signal.SIG_SETMASK, asked)
        return _limited(command, run)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the fork has it too, and ends by it
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    signal.pthread_sigmask(signal.SIG_SETMASK, asked)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else _ended(command, code)


def _limited(command: str, run: Callable[[], int]) -> int:
    # Imported late, as the command is: what was imported before the fork is there twice.
    from imaging.flags import Refused  # noqa: PLC0415
    from imaging.limits import COMMAND, within  # noqa: PLC0415

    try:
        with within(COMMAND):
            return run()
    except Refused as why:
        return _refused(command, why.code, why.says)


def _ended(command: str, code: int) -> int:
    from imaging.limits import COMMAND, refusal  # noqa: PLC0415 (only if need be)

    if why := refusal(code, COMMAND):
        return _refused(command, why.code, why.says)
    if -code not in ENDS:
        print(f"recist: the system ended the command (signal {-code})", file=sys.stderr)
    return 128 - code  # as a shell has it for what a signal ended


def _refused(command: str, code: str, says: str) -> int:
    """Tell of a refusal as the command does: `measure` alone has an answer for it."""
    if command != "measure":
        print(f"recist: {says}", file=sys.stderr)
        return UNUSABLE
    print_json({"refused": code, "says": says})
    return REFUSED
