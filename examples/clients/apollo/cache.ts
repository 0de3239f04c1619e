/**
 * Apollo Client's cache: a page of messages that mutations and events keep true, without reading it again.
 *
 * The program shows what the cache holds, each time that it changes.
 */

import { graphql } from "../generated/gql.ts";
import type { PageQuery } from "../generated/graphql.ts";
import { ROOM, tell } from "../settings.ts";
import { makeClient } from "./client.ts";

const PAGE = graphql(`
  query Page($room: ID!, $before: String) {
    room(id: $room) {
      id
      cursor
      mode
      messages(last: 2, before: $before) {
        edges {
          cursor
          node {
            ...Shown
          }
        }
        pageInfo {
          hasPreviousPage
          startCursor
        }
      }
    }
  }
  fragment Shown on ChatMessage {
    id
    text
    pinnedAt
  }
`);

const POST = graphql(`
  mutation Post($room: ID!, $text: String!, $key: String!) {
    postMessage(input: { roomId: $room, text: $text, idempotencyKey: $key }) {
      message {
        ...Shown
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const EDIT = graphql(`
  mutation Edit($message: ID!, $text: String!) {
    editMessage(input: { messageId: $message, text: $text }) {
      message {
        ...Shown
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const CHANGES = graphql(`
  subscription Changes($room: ID!, $after: EventCursor) {
    roomEvents(roomId: $room, after: $after) {
      __typename
      cursor
      ... on MessageEvent {
        message {
          ...Shown
        }
      }
      ... on RoomConfigured {
        room {
          id
          mode
        }
      }
    }
  }
`);

type Room = NonNullable<PageQuery["room"]>;
type Edge = NonNullable<Room["messages"]>["edges"][number];

const client = makeClient("websocket");
const page = client.watchQuery({ query: PAGE, variables: { room: ROOM } });

/** Adds a message to the list, once. Everything else finds its object in the cache by its id. */
function add(node: Edge["node"]): void {
  client.cache.updateQuery({ query: PAGE, variables: { room: ROOM } }, (known) => {
    const room = known?.room;
    const messages = room?.messages;
    if (!messages || messages.edges.some((edge) => edge.node.id === node.id)) return known;
    const edge: Edge = { __typename: "ChatMessageEdge", cursor: "", node };
    return { ...known, room: { ...room, messages: { ...messages, edges: [...messages.edges, edge] } } };
  });
}

page.subscribe(({ data, dataState }) => {
  if (dataState !== "complete" || !data.room?.messages) return;
  const shown = data.room.messages.edges.map(({ node }) => node.text + (node.pinnedAt ? " (pinned)" : ""));
  tell({ shown, mode: data.room.mode });
});

const first = (await client.query({ query: PAGE, variables: { room: ROOM } })).data?.room;
if (!first?.messages) throw new Error("There is no such room.");
await page.fetchMore({ variables: { before: first.messages.pageInfo.startCursor } });

client.subscribe({ query: CHANGES, variables: { room: ROOM, after: first.cursor } }).subscribe(({ data }) => {
  if (data?.roomEvents.__typename === "MessagePosted") add(data.roomEvents.message);
  if (data) tell({ event: { __typename: data.roomEvents.__typename, cursor: data.roomEvents.cursor } });
});

const posted = await client.mutate({ mutation: POST, variables: { room: ROOM, text: "Mine", key: crypto.randomUUID() } });
const mine = posted.data?.postMessage.message;
if (!mine) throw new Error(JSON.stringify(posted.data?.postMessage.userErrors));
add(mine);
await client.mutate({ mutation: EDIT, variables: { message: mine.id, text: "Mine, in better words" } });
tell({ done: true });
