"""Workers of a Dask scheduler that runs already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from landscape_sim.signals import held_signals
from landscape_sim.validation import InputError
from landscape_sim.workers.crew import Crew
from landscape_sim.workers.libraries import dask_distributed

_SECONDS_TO_CONNECT = 10


@contextmanager
def workers_of_scheduler(address: str) -> Iterator[Crew]:
    """Connect to a scheduler, which goes on after the block, as its workers do.

    Both sides run the code that the other one sends: the address must be one to be trusted.

    Raises
    ------
    InputError
        If there is no scheduler.
    """
    distributed = dask_distributed()
    with ExitStack() as stack:
        try:
            with held_signals():
                client = distributed.Client(
                    address, timeout=_SECONDS_TO_CONNECT, set_as_default=False
                )
                # A signal that came meanwhile has its effect at the end of this block.
                stack.enter_context(client)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f"no Dask scheduler answers at {address!r}; start one by `dask scheduler`, and "
                "name the address that it prints"
            ) from error
        yield Crew(client)
