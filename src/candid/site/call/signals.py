"""What later rooms hear of from a running call."""

from django.dispatch import Signal

# Carries `call_id`, `clock_id`, `start_us` and `end_us` on that clock: a participant takes this
# stretch of the conversation back, for everybody.
stretch_struck = Signal()

# Carries `call_id` and `participant_id`: who answers True has erased all recordings of this
# participant, and refuses whatever of them comes later.
erasure_sought = Signal()
