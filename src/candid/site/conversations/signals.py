"""What later rooms hear of."""

from django.dispatch import Signal

# Carries `call_id` and `participant_id`: the link and all tokens of it no longer hold. Sent after
# the write is committed.
link_revoked = Signal()
# Carries `call_id`: nobody can join any more. Sent after the write is committed.
conversation_ended = Signal()
# Carries `call_id` and `participant_ids`: they are to be removed. Who keeps something of theirs
# raises StillHeldError, and nothing is removed.
removal_asked = Signal()
# Carries the same: their links are void, and their rows go next. Whatever of them could still
# arrive must be refused from now on.
removal_begun = Signal()
