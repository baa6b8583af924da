"""Somebody who has entered the desk, as tests need them."""

from __future__ import annotations

from typing import Any

import httpx

from candid.site.people.actions import make_sign_in


class Desk:
    """The desk as one person's browser has it."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def send(self, path: str, **fields: str) -> httpx.Response:
        """Send a form with the token that the page before it gave."""
        csrf = self.client.cookies["csrftoken"]
        return self.client.post(path, data=fields | {"csrfmiddlewaretoken": csrf})


def enter_as(client: httpx.Client, staff: Any) -> Desk:
    """Sign in with a link that holds once."""
    token = make_sign_in(staff)
    client.get(f"/desk/enter/{token}/")
    desk = Desk(client)
    desk.send(f"/desk/enter/{token}/")
    return desk
