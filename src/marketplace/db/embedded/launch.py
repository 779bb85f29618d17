"""Turns into a PostgreSQL program that ends with the process that asked for it.

Run as a script of its own process. It does what `setpriv` would, needs no package of the system,
and also sees a parent that died before the kernel knew of our wish to follow it.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # from linux/prctl.h


def become(parent: int, account: str, folder: str, program: list[str]) -> None:
    if account:
        user, group = (int(number) for number in account.split(":"))
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    os.umask(0o077)
    os.chdir(folder)  # by this a later start knows whom to wait for, or to end
    # After the change of user: the kernel forgets this wish when credentials change.
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGINT) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    if os.getppid() != parent:
        sys.exit("The process that asked for the database has gone.")
    os.execv(program[0], program)  # noqa: S606  # no shell is the point


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
