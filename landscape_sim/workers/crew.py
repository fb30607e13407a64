"""Workers that are there: tasks are given to them, and what comes of each is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import uuid4

from landscape_sim.validation import InputError, in_one_line

if TYPE_CHECKING:
    from distributed import Client, Future

Order = TypeVar("Order")
Answer = TypeVar("Answer")
_SECONDS_BETWEEN_LOOKS = 0.02
_SECONDS_BETWEEN_REPORTS = 1.0
#: A task whose worker died with the answer, before it was fetched: the scheduler has it done again.
_LOST = "lost", "pending"


@dataclass(frozen=True)
class Outcome(Generic[Answer]):
    """What came of a task.

    Attributes
    ----------
    task : int
        Its number.
    answer : object or None
        None where it failed.
    failure : str or None
        Why it did.
    """

    task: int
    answer: Answer | None
    failure: str | None


@dataclass(frozen=True)
class Crew:
    """Workers behind a Dask client.

    Attributes
    ----------
    client : distributed.Client
        Of their scheduler. Not the default one of this process: xarray would ask it for a lock
        whenever a file is written.
    keep_up : callable
        Called now and then: replaces the workers that are gone.
    """

    client: Client
    keep_up: Callable[[], object] = lambda: None

    @property
    def n_workers(self) -> int:
        """How many there are at the moment."""
        return len(self.client.nthreads())

    def outcomes(
        self,
        perform: Callable[[Order], Answer],
        orders: Sequence[Order],
        report: Callable[[], None],
    ) -> Iterator[Outcome[Answer]]:
        """Let the workers perform every order; yield what comes of them, as it comes.

        A task whose worker dies is given to another one, a limited number of times. Where the
        caller stops to listen, what is under way is given up.

        Parameters
        ----------
        perform : callable
            A function of a module that the workers have too.
        orders : sequence
            What it is called with; those that are begun first come first.
        report : callable
            Called about once a second.

        Raises
        ------
        InputError
            If the scheduler is gone.
        """
        from distributed import as_completed

        futures = self._given(perform, orders)
        waiting = as_completed(futures, loop=self.client.loop)
        reported = 0.0
        try:
            while not waiting.is_empty():
                if time.monotonic() - reported > _SECONDS_BETWEEN_REPORTS:
                    self.keep_up()
                    report()
                    reported = time.monotonic()
                if not waiting.has_ready():
                    time.sleep(_SECONDS_BETWEEN_LOOKS)
                    continue
                for future in waiting.next_batch(block=False):
                    if future.status in _LOST:
                        waiting.add(future)
                        continue
                    yield _outcome(future)
                    future.release()
        finally:
            self.client.cancel(futures, force=True)

    def _given(
        self, perform: Callable[[Order], Answer], orders: Sequence[Order]
    ) -> list[Future[Answer]]:
        """Give every order to the scheduler, which keeps those that wait.

        Of others it gives a worker several at a time, and all of them count as what killed it.
        """
        import dask
        from dask._task_spec import Task

        name = f"{perform.__name__}-{uuid4().hex}"
        keys = [(name, number) for number in range(len(orders))]
        tasks = {
            key: Task(key, perform, order, _data_producer=True)
            for key, order in zip(keys, orders, strict=True)
        }
        with dask.annotate(priority=lambda key: -key[1]):
            futures: list[Future[Answer]] = self.client.get(tasks, keys, sync=False)
        return futures


def is_given_up() -> bool:
    """Return whether nobody waits any longer for the task that this thread performs."""
    from distributed import get_worker

    worker = get_worker()
    task = worker.state.tasks.get(worker.get_current_task())
    return task is None or task.state == "cancelled"


@contextmanager
def writing_files() -> Iterator[None]:
    """Let a task write files: xarray would ask the scheduler, not there for that, for a lock."""
    import dask

    with dask.config.set(scheduler="synchronous"):
        yield


def _outcome(future: Future[Any]) -> Outcome[Any]:
    from distributed import KilledWorker

    number = future.key[1]
    if future.status == "finished":
        return Outcome(number, future.result(), None)
    if future.status != "error":
        raise InputError("the scheduler of the workers is gone; start it, and go on by --resume")
    error = future.exception()
    if isinstance(error, KilledWorker):
        reason = f"the worker died that ran it, {error.allowed_failures + 1} times"
    else:
        reason = f"{type(error).__name__}: {error}"
    return Outcome(number, None, in_one_line(reason))
