from __future__ import annotations

import asyncio
import socket
import time

import pytest

from sandbox.steady import MOST, SteadyLoop

PATIENCE = 5 * MOST  # seconds


async def ask() -> bytes:
    """The machine freezes, with everybody on it, while the answer is under way."""
    loop = asyncio.get_running_loop()
    here, there = socket.socketpair()
    here.setblocking(False)

    def answer() -> None:
        there.send(b"hello")
        time.sleep(2 * PATIENCE)

    with here, there:
        loop.call_soon(answer)
        async with asyncio.timeout(PATIENCE):
            return await loop.sock_recv(here, 10)


@pytest.mark.parametrize(("loop", "told"), [(SteadyLoop, b"hello"), (asyncio.SelectorEventLoop, None)])
def test_an_answer_that_comes_with_the_end_of_a_freeze_is_in_time(
    loop: type[asyncio.AbstractEventLoop], told: bytes | None
) -> None:
    """The plain loop beside it shows that there was something to bear."""
    with asyncio.Runner(loop_factory=loop) as runner:
        if told is None:
            with pytest.raises(TimeoutError):
                runner.run(ask())
        else:
            assert runner.run(ask()) == told


def test_who_is_never_answered_waits_no_longer_than_his_patience() -> None:
    async def wait() -> float:
        began = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time() - began

    with asyncio.Runner(loop_factory=SteadyLoop) as runner:
        assert PATIENCE <= runner.run(wait()) < PATIENCE + 2 * MOST


async def test_tests_run_on_it() -> None:
    assert isinstance(asyncio.get_running_loop(), SteadyLoop)
