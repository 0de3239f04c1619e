"""The mutations in the permission matrix."""

from tests.support.admission import ADMIT, DECLINE, LOCK, REMOVE, UNLOCK
from tests.support.due_deadlines import HEARTBEAT
from tests.support.interactions import VERBS as ON_INTERACTIONS
from tests.support.questions import DOCUMENTS as ON_QUESTIONS
from tests.support.recordings import REPORT, START, STOP
from tests.support.running_session import VERBS as ON_STAGE
from tests.support.shelf import VERBS as ON_SHELF
from tests.support.webhooks import VERBS as ON_WEBHOOKS
from tests.support.world import CONFIGURE, CREATE, END, ENTER, LEAVE, POST

PREVIEW = """query ($input: ConfigureRoomInput!) { previewRoomConfiguration(input: $input) {
  userErrors { code message field } } }"""


DOCUMENTS = {
    "create": CREATE, "preview": PREVIEW, "configure": CONFIGURE, "post": POST, "backchannel": POST,
    "heartbeat": HEARTBEAT, "leave": LEAVE, "join": ENTER, "end": END, "launch": ENTER,
}  # fmt: skip


OF_ADMISSION = {
    "lock": LOCK, "admit": ADMIT, "admit-all": ADMIT, "decline": DECLINE, "remove": REMOVE, "remove-waiting": REMOVE,
    "remove-manager": REMOVE, "unlock": UNLOCK,
}  # fmt: skip


OF_INTERACTIONS = {
    "create": ON_INTERACTIONS["createInteraction"], "copy": ON_INTERACTIONS["copyInteraction"],
    "update": ON_INTERACTIONS["updateInteraction"], "schedule": ON_INTERACTIONS["scheduleInteraction"],
    "unschedule": ON_INTERACTIONS["unscheduleInteraction"], "open": ON_INTERACTIONS["openInteraction"],
    "delete": ON_INTERACTIONS["deleteInteraction"], "close": ON_INTERACTIONS["closeInteraction"],
    "answer": ON_INTERACTIONS["answerInteraction"], "hide": ON_INTERACTIONS["hideWord"],
    "publish": ON_INTERACTIONS["publishInteractionText"],
}  # fmt: skip


OF_QUESTIONS = {
    "ask": ON_QUESTIONS["askQuestion"], "claim": ON_QUESTIONS["claimQuestion"], "release": ON_QUESTIONS["releaseQuestion"],
    "reply": ON_QUESTIONS["replyToQuestion"], "publish": ON_QUESTIONS["publishAnswer"], "dismiss": ON_QUESTIONS["dismissQuestion"],
    "reopen": ON_QUESTIONS["reopenQuestion"], "upvote-private": ON_QUESTIONS["upvoteQuestion"],
    "upvote": ON_QUESTIONS["upvoteQuestion"], "take-back": ON_QUESTIONS["removeQuestionUpvote"],
    "claim-published": ON_QUESTIONS["claimQuestion"], "reply-published": ON_QUESTIONS["replyToQuestion"],
}  # fmt: skip


OF_RECORDINGS = {"start": START, "stop": STOP, "report": REPORT}


OF_STAGE = {
    "access": ON_STAGE["setStageAccess"], "invite": ON_STAGE["inviteToStage"], "take-off": ON_STAGE["removeFromStage"],
    "raise": ON_STAGE["raiseHand"], "lower-own": ON_STAGE["lowerHand"], "lower": ON_STAGE["lowerHand"],
    "lower-all": ON_STAGE["lowerAllHands"], "request": ON_STAGE["requestStage"], "step-down": ON_STAGE["leaveStage"],
    "accept": ON_STAGE["acceptStage"], "decline": ON_STAGE["declineStage"], "report": ON_STAGE["setDevices"],
    "off": ON_STAGE["switchOffDevices"], "unblock": ON_STAGE["unblockDevices"], "off-all": ON_STAGE["switchOffAllDevices"],
    "unblock-all": ON_STAGE["unblockAllDevices"], "react": ON_STAGE["sendReaction"],
}  # fmt: skip


OF_SHELF = {
    "add": ON_SHELF["addContent"], "edit": ON_SHELF["updateContent"], "move": ON_SHELF["moveContent"],
    "take-off": ON_SHELF["removeContent"], "show": ON_SHELF["showContent"], "turn": ON_SHELF["updateShown"],
    "stop": ON_SHELF["stopShowing"], "let-show": ON_SHELF["setMayShow"],
}  # fmt: skip


OF_WEBHOOKS = {
    "create": ON_WEBHOOKS["createWebhook"], "update": ON_WEBHOOKS["updateWebhook"], "rotate": ON_WEBHOOKS["rotateWebhookSecret"],
    "test": ON_WEBHOOKS["testWebhook"], "replay": ON_WEBHOOKS["replayWebhook"], "delete": ON_WEBHOOKS["deleteWebhook"],
}  # fmt: skip
