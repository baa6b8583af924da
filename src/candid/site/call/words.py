"""The sentences that the call page says by itself, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

WORDS = {
    "title": "Candid",
    "you": _("You"),
    # Check
    "level_silent": _("Say a few words. The bar should move."),
    "level_heard": _("Your voice is heard"),
    "level_stopped": _(
        "Sound does not start on this device, so your voice is not heard. Plug in headphones or "
        "turn on a loudspeaker, then load this page again."
    ),
    "picture_cover": _("Your picture will be here"),
    "camera_off": _("Camera off"),
    "camera_on": _("Camera on"),
    "camera_missing": _("The conversation goes on without a picture. That is fine."),
    "trouble_microphone": _("The microphone cannot be used"),
    "trouble_camera": _("The camera cannot be used"),
    "trouble_both": _("Camera and microphone cannot be used"),
    "trouble_refused": _("This browser was told to refuse it."),
    "trouble_system": _(
        "This device keeps it from the browser. Open its settings, Privacy, allow camera and "
        "microphone for this browser, then try again."
    ),
    "microphone_needed": _(
        "A conversation needs a microphone. Your link opens on a telephone too."
    ),
    "trouble_none": _("None was found. Is it plugged in, and turned on?"),
    "trouble_busy": _("Another program may be using it. Close that program and try again."),
    "trouble_insecure": _("This address is not safe enough for it. Open the link with https://."),
    "trouble_other": _("The browser did not say why. Try again, or load the page anew."),
    "help_chrome": _(
        "Press the sign to the left of the address, allow camera and microphone, then try again."
    ),
    "help_firefox": _(
        "Press the sign to the left of the address, remove the refusal, then try again."
    ),
    "help_safari": _(
        "Open Safari, Settings for this website, allow camera and microphone, then try again."
    ),
    "help_iphone": _(
        "Press the sign beside the address, Website Settings, allow camera and microphone, "
        "then load the page again."
    ),
    "help_iphone_other": _(
        "Open the Settings of the telephone, find this browser in the list, allow camera and "
        "microphone, then load the page again. Opening the link in Safari helps too."
    ),
    "help_android": _(
        "Press the sign to the left of the address, Permissions, allow camera and microphone, "
        "then try again."
    ),
    "help_samsung": _(
        "Press the lock beside the address, Permissions, allow camera and microphone, then try "
        "again. If it still does not ask: Settings of the telephone, Apps, Samsung Internet, "
        "Permissions."
    ),
    "help_inside": _(
        "This page was opened inside another app, which lets no camera through. Copy your link "
        "and open it in the browser of the telephone."
    ),
    "line_studio_good": _("The studio is reached."),
    "line_studio_slow": _("The studio is reached, slowly. Being nearer to the router helps."),
    "line_studio_lost": _("The studio is not reached at present. This page goes on trying."),
    "line_trying": _("The connection is being tried."),
    "line_rate_most": _("It sends more than 50 Mbit/s: plenty."),
    "line_rate_good": _("It sends {rate} Mbit/s: plenty."),
    "line_rate_fair": _("It sends {rate} Mbit/s: enough to see each other well."),
    "line_rate_poor": _(
        "It sends {rate} Mbit/s: little. Your picture will be smaller for the others. "
        "The recording loses nothing: it is kept here and sent more slowly."
    ),
    "line_way_direct": _("This network lets calls through."),
    "line_way_relay": _(
        "This network has no direct way to the others. The conversation goes by way of the "
        "studio, which cannot look into it."
    ),
    "line_way_none": _(
        "No way to the others was found. If you cannot hear each other, try another network, "
        "for example that of your phone."
    ),
    "echo_heard": _(
        "Your microphone hears the loudspeaker. Headphones would keep your voices apart."
    ),
    "echo_none": _("Your microphone does not hear the loudspeaker. That is good."),
    # Lobby
    "is_here": _("{name} is here"),
    "is_in_call": _("{name} is in the conversation"),
    "is_away": _("{name} has not come yet"),
    # Call
    "tile_away": _("{name} is not here at present"),
    "tile_coming": _("{name} is being connected"),
    "tile_camera_off": _("{name}: camera off"),
    "tile_stalled": _("The picture of {name} stands still"),
    "tile_muted": _("{name}, microphone off"),
    "trouble_camera_ended": _("Your camera has gone. Your voice is still recorded."),
    "trouble_camera_stalled": _("Your camera gives no picture at present. Your voice goes on."),
    "trouble_camera_failed": _("Your picture cannot be recorded. Your voice is."),
    "trouble_voice_failed": _("The end of your voice may be missing from the recording."),
    "trouble_microphone_ended": _(
        "Your microphone has gone. Plug it in again; until then another one is used."
    ),
    "trouble_microphone_failed": _(
        "Your voice cannot be recorded at present. It is being tried again."
    ),
    "trouble_sound_stopped": _("The sound was interrupted. It comes back by itself."),
    "trouble_not_kept": _(
        "This device has no more room. What is not sent yet is being sent first."
    ),
    "interrupted_camera": _(
        "Something else holds your camera. It comes back by itself, or when you return here."
    ),
    "interrupted_microphone": _(
        "Something else holds your microphone, perhaps a telephone call. "
        "It comes back by itself, or when you return here."
    ),
    "returned_camera": _("Your camera is back."),
    "returned_microphone": _("Your microphone is back."),
    "room_low": _(
        "This device has little room left. Your picture is recorded in a simpler form, "
        "your voice as before."
    ),
    "room_scarce": _(
        "This device has almost no room left. Your voice is recorded, your picture rests "
        "until more has been sent."
    ),
    "left_held": _(
        "A recording of yours is still on this device. "
        "It has not been sent, since you left in haste."
    ),
    "left_sending": _("A recording of yours was still on this device. It is being sent now."),
    "start_alone": _("Nobody else is here yet. You can wait here; nothing is recorded."),
    "start_talk": _(
        "Nothing is being recorded. It begins when each of you has pressed “Ready to record”."
    ),
    "start_waiting": _("You are ready. It begins when {names} is ready too."),
    "start_waiting_all": _("You are ready. It begins when {names} are ready too."),
    "start_asked": _("{names} is ready to record. It begins when you are too."),
    "start_asked_all": _("{names} are ready to record. It begins when you are too."),
    "start_erased": _(
        "Your recording was erased. You can talk; nothing is recorded while you are here."
    ),
    "start_unrecorded": _(
        "The recording of {names} was erased. You can talk; nothing is recorded while they are "
        "here."
    ),
    "start_unrecorded_all": _(
        "The recordings of {names} were erased. You can talk; nothing is recorded while they are "
        "here."
    ),
    "start_begins": _("Everybody is ready. It begins."),
    "recording_off": _("Nothing is being recorded"),
    "recording_both": _("Both of you are being recorded"),
    "recording_all": _("All of you are being recorded"),
    "recording_you": _("You are being recorded"),
    "recording_paused_you": _("You paused the recording"),
    "recording_paused_by": _("{name} paused the recording"),
    "recording_waiting": _("The recording waits until everybody here is ready"),
    "recording_alone": _("The recording rests: nobody else is here"),
    "recording_failed": _(
        "Recording did not start on this device. You can talk; press Ready again."
    ),
    "recording_voiceless": _("Your microphone has gone: your voice is not recorded at present"),
    "recording_not_renewed": _(
        "Your new camera or microphone is not recorded yet. It is being tried again."
    ),
    "kept": _("Safe on your device, {percent} % sent"),
    "kept_all": _("Safe on your device, all of it sent"),
    "kept_full": _(
        "This device has no room left. Your voice waits in its memory until more has been sent."
    ),
    "quality_good": _("Connection: good"),
    "quality_fair": _("Connection: fair"),
    "quality_lost": _("Connection: lost, being sought."),
    "quality_good_both": _("Connection: good for both"),
    "quality_yours": _("Connection: poor at your end."),
    "quality_theirs": _("Connection: poor at the end of {names}."),
    "quality_between": _("Connection: poor between you and {names}."),
    "studio_lost": _("You hear each other; the studio is being sought."),
    "quality_recording": _("The recording goes on."),
    "came": _("{name} has come"),
    "went": _("{name} has left"),
    "guide_place": _("Question {at} of {count}, only a suggestion"),
    "chat_unread": _("{name} wrote: {text}"),
    "chat_not_sent": _("Not sent: the studio is not reached at present."),
    "struck_seconds": _("The last {seconds} seconds are struck."),
    "struck_by": _("{name} struck something out. It can never be in the film."),
    "strike_later": _("The studio strikes it a little later. Nothing more is needed from you."),
    "strike_refused": _(
        "You have struck very often, and the studio takes no more. Your whole recording can be "
        "erased on this page after the call."
    ),
    "striking": _("All that is said now is being struck."),
    "struck": _("Struck. It can never be in the film."),
    "struck_cut_short": _(
        "All was being struck when this page went. It is struck until then. To strike on, press "
        "“From now until I press again” once more."
    ),
    # After
    "after_none": _("Nothing was recorded on this device."),
    "after_nothing": _("The studio has no recording of yours."),
    "after_erased": _("Your recording is erased. The studio has none of it."),
    "after_part": _(
        "The studio does not have all of your recording yet. The rest is on the device with which "
        "you talked: open your link there, in the same browser, and it is sent by itself."
    ),
    "after_sending": _("Your recording is safe on this device. It is being sent."),
    "sent_share": _("{percent} % is sent"),
    "after_finishing": _("Your recording is being finished on this device."),
    "after_checking": _("All of it has been sent. The studio is checking it."),
    "after_complete": _("The studio has all of your recording."),
    "after_untold": _(
        "All that this device had of your recording has been sent. This link no longer holds: "
        "open your new one to read what the studio has."
    ),
    "after_holes_one": _("The studio has your recording. Missing: one piece, listed below."),
    "after_holes": _("The studio has your recording. Missing: {count} pieces, listed below."),
    "after_waiting": _(
        "Your recording is safe on this device. The studio is not reached at present; "
        "this page goes on trying."
    ),
    "after_failed": _(
        "Something went wrong while sending. Your recording is safe on this device: "
        "load this page again, and it goes on."
    ),
    "after_refused": _(
        "The studio does not take all of what was recorded here. The rest is kept on this device. "
        "Tell the person who invited you."
    ),
    "after_stay": _(
        "Keep this page open until all is sent. If you must go, open your link again later."
    ),
    "after_may_close": _("You may close this page."),
    "receipt_line_one": _("{track}: {count} piece, {size} MB"),
    "receipt_line": _("{track}: {count} pieces, {size} MB"),
    "receipt_struck_one": _("{track}: {count} piece struck"),
    "receipt_struck": _("{track}: {count} pieces struck"),
    "receipt_stalled": _("{track}: the device gave nothing for {duration} s at {start} s"),
    "receipt_hole": _("{track}: missing {duration} s at {start} s"),
    "track_microphone": _("Your voice"),
    "track_camera": _("Your picture"),
    "track_heard": _("What you heard"),
    "erased_one": _("Your recording is erased: {count} piece, {size} MB. Nothing of it is left."),
    "erased": _("Your recording is erased: {count} pieces, {size} MB. Nothing of it is left."),
    "erased_nothing": _("There was nothing to erase. Nothing of yours can be sent from now on."),
    "erased_heard": _("What the others’ devices heard of you is erased with it."),
    "erase_failed": _(
        "The studio did not answer. Whether your recording is erased is not known here: try again."
    ),
    # Gone
    "replaced_title": _("Open in another tab"),
    "replaced_words": _(
        "Your link has been opened in another tab or on another device. The conversation is there."
    ),
    "refused_title": _("This link is no longer valid"),
    "refused_words": _("Ask the person who sent it to you for a new one."),
    "kept_here": _(
        "{percent} % of what you recorded has been sent. The rest cannot be sent with this link: "
        "it is safe on this device, and waits. Open your new link here, in this "
        "browser, and it is sent by itself."
    ),
    "gone_sending": _("What was recorded here is still being sent."),
    "gone_sent": _("All that was recorded here has been sent. You may close this page."),
}  # fmt: skip


def call_words() -> dict[str, str]:
    """Return every sentence in the language of the request, ready for a JSON block."""
    return {name: str(words) for name, words in WORDS.items()}
