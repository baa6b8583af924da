"""Fill a studio with conversations of four who agreed: `python fill.py COUNT`, prints their links.

Run beside `candid serve --prepare`, with the same settings, before the studio is started.
"""

from __future__ import annotations

import json
import sys

import django


def main() -> None:
    """Plan and sign as the desk and the agreement's page do, in one transaction."""
    django.setup()
    from django.db import transaction

    from candid.site.agreements.actions import load_first_text, sign
    from candid.site.conversations.actions import Plan, load_first_guide, plan_conversation

    links = []
    with transaction.atomic():
        for number in range(int(sys.argv[1])):
            people = [(f"Person {each}", "") for each in range(4)]
            plan = Plan(f"Conversation {number}", people, load_first_guide())
            room = list(plan_conversation(plan).participants.all())
            for one in room:
                sign(one.participant_id, one.name, load_first_text())
            links.append([f"{one.path}live" for one in room])
    print(json.dumps(links))


if __name__ == "__main__":
    main()
