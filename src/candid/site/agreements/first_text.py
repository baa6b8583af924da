"""The agreement that a fresh studio begins with. An organiser publishes the next version."""

FIRST_BODY = """What is recorded
Your camera and your microphone, on your own device, and what you hear of the other. It is sent \
to the project’s own server. Camera off is fine. Nothing is recorded before you have both pressed \
“Ready to record”, and both of you always see whether it is on.

You can stop
Pause, leave, or say “Strike that” to have the last minutes taken out. You need no reason.

Nothing is public without you
You will see the finished film and say yes or no to each place where it may be shown, and until \
when. A changed film is a different film, and you are asked again. You can take it back later.

Where it is kept
On the project’s own server and nowhere else. Your call goes straight from your device to the \
other’s, or through the project’s own relay. Only the people who make your film can open the \
recording.

You can have it erased
Press “Erase my recording” when you have talked, or ask the person who invited you at any time. \
You need no reason. Until you have said yes to a film, nothing of you has left \
the server.
"""
