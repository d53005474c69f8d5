"""Processes that compute beside this one: they end with it, and leave Ctrl-C to it."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread


@contextmanager
def worker_processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Start up to so many processes, as work comes; what has not begun at the end is given up.

    Work is submitted under `interrupts_deferred`, as that starts them.
    """
    pool = ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=_end_with_the_parent
    )
    try:
        yield pool
    finally:
        with interrupts_deferred():  # a second Ctrl-C would leave processes that nobody ends
            pool.shutdown(cancel_futures=True)


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Heed Ctrl-C only when this is over; processes that are started meanwhile ignore it for good.

    In the midst of a start it would leave a process that has not been told what it is for. Of the
    main thread only.
    """
    held: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    # Processes inherit the mask. Here it is not enough: another thread takes the signal.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
    if held:
        raise KeyboardInterrupt


def _end_with_the_parent() -> None:
    """End this process when the one that started it was killed: else it would wait for ever."""
    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()
