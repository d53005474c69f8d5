"""Processes that compute beside this one: they end with it, and leave Ctrl-C to it."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class WorkerProcesses(ProcessPoolExecutor):
    """Up to so many processes, started as work comes; what has not begun at the end is given up."""

    def __init__(self, count: int) -> None:
        super().__init__(count, mp_context=get_context("spawn"), initializer=_end_with_the_parent)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start a process for the work, if none is idle."""
        with _interrupts_deferred():
            return super().submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """End the processes: a second Ctrl-C would leave some that nobody ends."""
        with _interrupts_deferred():
            super().shutdown(wait, cancel_futures=cancel_futures)


@contextmanager
def _interrupts_deferred() -> Iterator[None]:
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
        signal.raise_signal(signal.SIGINT)  # is ignored where a shell put this into the background


def _end_with_the_parent() -> None:
    """End this process when the one that started it was killed: else it would wait for ever."""
    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()
