"""One connection on asyncio: an `asyncio.Protocol` that runs an application's steps.

Rules of this module:
- The transport sends as much as the socket has room for, and reports when bytes are
  left (`high=0`). Then the next step waits, and the client's time runs.
- While steps run, the bytes of one read are kept for later. No more is read.
- Most responses are one write that is sent whole. This common case has no queue and no
  task.
- asyncio and uvloop differ in one thing: uvloop has no sendfile().
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable, Sequence
from io import FileIO
from typing import cast

from servers.protocol.steps import CutShortError, File, Step, Wait, Work
from servers.serving.settings import (
    LINGER_BYTES,
    LINGER_S,
    READ_BYTES,
    Settings,
    report,
)


class Connection(asyncio.Protocol):
    """A connection. It calls `lost` with itself when it has ended.

    `held` is true while it waits for a timer or a file, not for the client.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        settings: Settings,
        lost: Callable[[Connection], None],
    ) -> None:
        self.loop = loop
        self.settings = settings
        self.lost = lost
        self.conversation = settings.app()
        self.transport: asyncio.Transport | None = None
        self.first: Sequence[Step] = ()  # steps to run once there is a transport
        self.steps: deque[Step] | None = None  # None if no steps are running
        self.early = b""  # bytes that came while steps ran
        self.half_closed = False  # the client has closed its side
        self.full = False  # the transport has unsent bytes
        self.room: asyncio.Future[None] | None = None  # ends when it has none
        self.lingering = 0  # bytes that are still read before closing
        self.held = False
        self.timer: asyncio.TimerHandle | None = None
        self.sending: asyncio.Task[None] | None = None
        self.deadline = loop.time() + settings.request_s

    @property
    def idle(self) -> bool:
        """Whether no request has begun, as far as is known."""
        if self.first or self.steps is not None or self.lingering:
            return False
        return self.conversation.idle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=0)
        if self.first:
            steps, self.first = self.first, ()
            self.run_steps(steps)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self.timer:
            self.timer.cancel()
        if self.sending:
            self.sending.cancel()
            self.sending = None
        self.lost(self)

    # Essential: the event loop calls this with the bytes that it has read.
    def data_received(self, data: bytes) -> None:
        if self.transport is None:
            pass
        elif self.lingering:
            self.lingering -= len(data)
            if self.lingering <= 0:
                self.abort()
        elif self.steps is not None:
            self.early += data
            self.transport.pause_reading()
        elif steps := self.conversation.receive(data):
            self.run_steps(steps)
        # End of the essential lines.

    def eof_received(self) -> bool:
        """Return whether to stay open: a half-closed client gets its response."""
        self.half_closed = True
        return self.steps is not None

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False
        if self.room:
            self.room.set_result(None)
            self.room = None
        elif self.steps is not None and not self.held:
            self.advance()

    def run_steps(self, steps: Sequence[Step]) -> None:
        """Run these steps until there is no room or a step has to wait."""
        assert self.transport
        first = steps[0]
        if len(steps) == 1 and isinstance(first, bytes):
            self.transport.write(first)
            if not self.full:
                self.ended()
                return
            steps = ()
            self.deadline = self.loop.time() + self.settings.response_s
        self.steps = deque(steps)
        if not self.full:
            self.advance()

    def advance(self) -> None:
        """Run the steps that are left, as far as possible."""
        try:
            while self.steps and self.transport and not self.full and not self.held:
                if self.transport.is_closing():
                    return  # the client has reset it
                self.deadline = self.loop.time() + self.settings.response_s
                self.begin(self.steps.popleft(), self.transport)
            if not self.steps and self.transport and not self.full and not self.held:
                self.ended()
        except Exception as error:  # of the application; it ends this connection alone
            report(error)
            self.abort()

    def begin(self, step: Step, transport: asyncio.Transport) -> None:
        if isinstance(step, Wait):
            self.held = True
            self.timer = self.loop.call_later(step.seconds, self.go_on)
        elif isinstance(step, File):
            self.held = True
            self.sending = self.loop.create_task(self.send_file(step, transport))
        else:
            transport.write(step.make() if isinstance(step, Work) else step)
            if self.steps and isinstance(step, Work):
                self.held = True  # one client's work must not take a whole turn
                self.loop.call_soon(self.go_on)

    def go_on(self) -> None:
        """Go on after a step that held it."""
        self.held = False
        self.advance()

    async def send_file(self, step: File, transport: asyncio.Transport) -> None:
        try:
            with step.open() as file:
                async with asyncio.timeout(self.settings.response_s):
                    try:
                        sent = await self.loop.sendfile(transport, file, 0, step.size)
                    except NotImplementedError:
                        sent = await self.send_pieces(file, step.size, transport)
            if sent < step.size:
                raise CutShortError(step.size, sent)
        except (TimeoutError, RuntimeError):  # time is up, or the transport is closed
            self.abort()
        except Exception as error:
            report(error)
            self.abort()
        self.sending = None
        self.go_on()

    async def send_pieces(
        self, file: FileIO, size: int, transport: asyncio.Transport
    ) -> int:
        """Send a file through the memory of this process, a piece at a time."""
        sent = 0
        while piece := os.pread(file.fileno(), min(READ_BYTES, size - sent), sent):
            transport.write(piece)
            sent += len(piece)
            if self.full:
                self.room = self.loop.create_future()
                await self.room
        return sent

    def ended(self) -> None:
        """All steps have ended."""
        assert self.transport
        self.steps = None
        self.deadline = self.loop.time() + self.settings.request_s
        if self.conversation.closing:
            if not self.conversation.lingering or self.half_closed:
                self.close()
                return
            # A reset must not overtake the response: see blocking_connection.py.
            self.lingering = LINGER_BYTES
            self.deadline = self.loop.time() + LINGER_S
            with contextlib.suppress(OSError):  # the client has reset it
                self.transport.write_eof()
        elif self.half_closed and not self.early:
            self.close()
            return
        if self.early:
            data, self.early = self.early, b""
            self.transport.resume_reading()
            self.data_received(data)

    def time_out(self) -> None:
        if self.steps is not None or self.lingering:
            self.abort()
        elif answer := self.conversation.time_out():
            self.run_steps([answer])
        else:
            self.close()

    def close(self) -> None:
        """Close it. Unsent bytes may be lost."""
        if self.transport:
            self.transport.close()
            self.transport = None

    def abort(self) -> None:
        if self.sending:
            self.sending.cancel()  # it would wait for a transport that is gone
            self.sending = None
        if self.transport:
            self.transport.abort()
            self.transport = None
