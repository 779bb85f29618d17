"""Processes that end with the one that started them, even when that one is killed."""

import os
import threading
import time

LOOK_EVERY_SECONDS = 0.5


def end_with_parent() -> None:
    """End this process soon after its parent is gone; called first thing in every child.

    A watching thread instead of the kernel's parent-death signal, which fires when the *thread*
    that started the child ends, and which some systems do not have.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()
