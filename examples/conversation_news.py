"""The events of a room's stream about chat, questions and interactions, and the texts that describe them."""

from typing import Any

CONVERSATION = """fragment Conversation on RoomEvent {
  ... on MessageEvent { message { channel authorName text replyTo { authorName } reactions { emoji count } } }
  ... on QuestionEvent { ...Asked }
  ... on InteractionChanged { interaction { ...Put } }
  ... on InteractionOpened { interaction { ...Put } }
  ... on InteractionClosed { interaction { ...Put } }
}
fragment Asked on QuestionEvent {
  ... on QuestionAsked { question { ...Thread } }
  ... on QuestionChanged { question { ...Thread } }
  ... on AnswerPublished { question { ...Thread } }
}
fragment Thread on Question {
  text state upvotes publishedAnswer asker { name } claimedBy { name } replies { edges { node { text } } }
}
fragment Put on Interaction { state answerCount questions { text options { text votes right } } }
"""


def told_of_conversation(event: dict[str, Any]) -> str:
    """Returns a text for an event of `roomEvents` about chat, questions or interactions, or an empty one for other events."""
    match event:
        case {"message": message}:
            return _of_message(event["__typename"], message)
        case {"question": question}:
            return _of_question(event["__typename"], question)
        case {"interaction": interaction}:
            return _of_interaction(interaction)
    return ""


def _of_message(kind: str, message: dict[str, Any]) -> str:
    said = f"“{message['text']}”" if message["text"] else "without its words"
    author = message["authorName"]
    match kind:
        case "MessageDeleted":
            return f"a message of {author}, {said}"
        case "MessagePinned":
            return f"{said} stands above the chat"
        case "MessageReacted":
            counts = [f"{each['emoji']} {each['count']}" for each in message["reactions"]]
            return f"{said} has {', '.join(counts)}"
    where = {"BACKCHANNEL": " in the backchannel"}.get(message["channel"], "")
    answers = f", answering {message['replyTo']['authorName']}" if message["replyTo"] else ""
    return f"{author}{where}{answers}: {said}"


def _of_question(kind: str, question: dict[str, Any]) -> str:
    asker = question["asker"]["name"] if question["asker"] else "somebody"
    match kind:
        case "QuestionAsked":
            return f"{asker} asks “{question['text']}”"
        case "AnswerPublished":
            return f"“{question['text']}”, asked by {asker}: “{question['publishedAnswer']}”"
    by = f" by {question['claimedBy']['name']}" if question["claimedBy"] else ""
    replies = "".join(f", “{reply['node']['text']}”" for reply in question["replies"]["edges"])
    upvotes = f", upvotes: {question['upvotes']}" if question["publishedAnswer"] else ""
    return f"“{question['text']}” is {question['state']}{by}{replies}{upvotes}"


def _of_interaction(interaction: dict[str, Any]) -> str:
    (question,) = interaction["questions"]
    options = "".join(f", {_of_option(each)}" for each in question["options"])
    return f"“{question['text']}” is {interaction['state']}, answers: {interaction['answerCount']}{options}"


def _of_option(option: dict[str, Any]) -> str:
    votes = "" if option["votes"] is None else f" {option['votes']}"
    return str(option["text"]) + votes + (" ✓" if option["right"] else "")
