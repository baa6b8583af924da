"""What later rooms hear of: each is sent after the write is committed."""

from django.dispatch import Signal

# Carries `call_id` and `participant_id`: the link and all tokens of it no longer hold.
link_revoked = Signal()
# Carries `call_id`: nobody can join any more.
conversation_ended = Signal()
