"""The operations that the load generator sends, the same to each server."""

CHAT = """subscription Chat($room: ID!, $after: EventCursor) { chat(roomId: $room, after: $after) {
  __typename cursor occurredAt
  ... on MessageEvent { message { id text authorName authorRoles sentAt editedAt deletedAt } } } }"""
POST = """mutation Post($room: ID!, $text: String!) { postMessage(input: {roomId: $room, text: $text}) {
  message { id } cursor userErrors { code message } } }"""
PAGE = """query Page($course: String!, $first: Int!) { gallery(by: {externalId: $course}) {
  id title viewerRole
  media(first: $first) {
    edges { cursor node { id title status durationSeconds tags createdAt owner { id name } } }
    pageInfo { hasNextPage endCursor } } } }"""
ENTER = "mutation Enter($room: ID!) { enterRoom(input: {roomId: $room}) { cursor userErrors { code message } } }"
STATUS = """subscription Status($room: ID!) { roomStatus(roomId: $room) {
  state participantCount locked session { id } recording { id state } } }"""
QUESTIONS = """subscription Questions($room: ID!) { questions(roomId: $room) { __typename cursor occurredAt } }"""
VIEWER = "{ viewer { id name } }"
ASK = """mutation Ask($room: ID!, $text: String!) { askQuestion(input: {roomId: $room, text: $text}) {
  question { id } userErrors { code message } } }"""
ANSWER = """mutation Answer($question: ID!) { replyToQuestion(input: {questionId: $question, text: "Yes."}) {
  question { replies { edges { node { id } } } } userErrors { code message } } }"""
PUBLISH = """mutation Publish($question: ID!, $reply: ID!) { publishAnswer(input: {questionId: $question, replyId: $reply}) {
  question { id } userErrors { code message } } }"""
