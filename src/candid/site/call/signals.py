"""What later rooms hear of from a running call."""

from django.dispatch import Signal

# Carries `call_id`, `clock_id`, `start_us` and `end_us` on that clock: a participant takes this
# stretch of the conversation back, for everybody.
stretch_struck = Signal()
