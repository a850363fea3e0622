"""Runs one server and ends it when its owner is gone, however the owner went.

A script of its own (`python -I -S keeper.py`), so that it starts in milliseconds and imports nothing of
the casino. Its standard input is a pipe whose other end the owner holds and never writes to: end of file
means that the owner has ended or wants the server to end. Nothing else ends it: Ctrl-C and SIGTERM are
the owner's to handle, who still needs its database for that. It has one thread, so what must happen
between fork and exec (and can't be done safely in the casino's own process) happens here.
"""

import argparse
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import FrameType

# Linux, <linux/prctl.h> and <linux/capability.h>.
_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2

_QUIT_PATIENCE_S = 0.3


def _call(function: str, *arguments: object) -> None:
    """Call a function of the C library; raises OSError when it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


def _reach() -> int:
    """The weaker of two capabilities that this process has, to pass through folders that are shut."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    permitted = int(status.partition("CapPrm:")[2].split()[0], 16)
    return _CAP_DAC_READ_SEARCH if permitted >> _CAP_DAC_READ_SEARCH & 1 else _CAP_DAC_OVERRIDE


def become(uid: int, gid: int, *, reach: bool) -> None:
    """Give up root for good; with `reach` keep one capability, and hand it on to the server.

    PostgreSQL refuses to run as root, and a plain change of user would lose the way to a data folder or
    a virtual environment below a folder like /root.
    """
    capability = _reach() if reach else 0
    if reach:
        _call("prctl", _PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if reach:
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(*[1 << capability] * 3, 0, 0, 0)  # effective, permitted, inheritable
        _call("capset", header, sets)
        _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _note(_signal: int, _frame: FrameType | None) -> None:
    """Do nothing. A handler and not SIG_IGN, because a server would inherit the ignoring."""


def keep(command: list[str], *, stop_signal: int, patience_s: float) -> int:
    """Run the command until it ends or standard input does; returns its exit code as a shell would."""
    woken, wake = socket.socketpair()
    woken.setblocking(False)  # noqa: FBT003 - the library's signature
    wake.setblocking(False)  # noqa: FBT003 - the library's signature
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _note)

    def end_with_keeper() -> None:
        if sys.platform == "linux":
            _call("prctl", _PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)

    server = subprocess.Popen(  # noqa: S603 - the owner's own command
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=end_with_keeper,  # noqa: PLW1509 - safe here: this process has one thread
    )
    owned = True
    while owned and server.poll() is None:
        readable, _, _ = select.select([sys.stdin, woken], [], [])
        if woken in readable:
            woken.recv(4096)
        owned = sys.stdin not in readable
    steps: tuple[tuple[int, float | None], ...] = (
        (stop_signal, patience_s),
        (signal.SIGQUIT, _QUIT_PATIENCE_S),
        (signal.SIGKILL, None),
    )
    for step, wait_s in steps:
        server.send_signal(step)
        try:
            server.wait(wait_s)
            break
        except subprocess.TimeoutExpired:
            continue
    return server.returncode if server.returncode >= 0 else 128 - server.returncode


def main() -> int:
    """Read the command line, give up root if told to, and keep the server."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--stop-signal", type=int, required=True)
    parser.add_argument("--patience", type=float, required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--reach", action="store_true")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    try:
        if options.uid is not None:
            become(options.uid, options.gid, reach=options.reach)
        return keep(options.command, stop_signal=options.stop_signal, patience_s=options.patience)
    except OSError as error:
        print(f"FATAL:  {error}", file=sys.stderr)  # noqa: T201 - standard error is the server's log
        return 127


if __name__ == "__main__":
    sys.exit(main())
