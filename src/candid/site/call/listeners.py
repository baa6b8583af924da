"""What the sockets are told of what pages do: ended, revoked, taken out, struck."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from candid.site.call.messages import Strike
from candid.site.call.rooms import ROOMS, Message
from candid.site.call.struck import tell_others
from candid.site.conversations.signals import conversation_ended, link_revoked, removal_begun

_running: list[asyncio.AbstractEventLoop] = []


def use_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Say on which loop the sockets live; the pages' threads speak to them through it."""
    _running[:] = [loop]


def _dismiss(call_id: str, participant_id: str | None, message: Message | None) -> None:
    _do(lambda: ROOMS.dismiss(call_id, participant_id, message))


def _do(act: Callable[[], Coroutine[Any, Any, None]]) -> None:
    for loop in _running:
        if loop.is_running():
            asyncio.run_coroutine_threadsafe(act(), loop)


def tell_of_strike(call_id: str, participant_id: str, strike: Strike, end_us: int) -> None:
    """Tell the others in a call of a strike that came by a request."""

    async def tell() -> None:
        room = ROOMS.find(call_id)
        if room is not None:
            await tell_others(room, participant_id, strike, end_us)

    _do(tell)


def on_link_revoked(*, call_id: str, participant_id: str, **_rest: Any) -> None:
    """Close the socket of a link that no longer holds."""
    # Nothing is said: the page asks for itself, and is told that the link no longer holds.
    _dismiss(call_id, participant_id, None)


def on_conversation_ended(*, call_id: str, **_rest: Any) -> None:
    """Close all sockets of a conversation."""
    _dismiss(call_id, None, {"type": "ended"})


def on_removal_begun(*, call_id: str, participant_ids: Sequence[str], **_rest: Any) -> None:
    """Take the seats away of who is taken out of a conversation."""
    _do(lambda: ROOMS.take_out(call_id, participant_ids))


def connect() -> None:
    """Begin to listen."""
    link_revoked.connect(on_link_revoked, dispatch_uid="call.link_revoked")
    conversation_ended.connect(on_conversation_ended, dispatch_uid="call.conversation_ended")
    removal_begun.connect(on_removal_begun, dispatch_uid="call.removal_begun")
