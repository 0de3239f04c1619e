import { graphql } from "./generated/gql.ts";
import type { NewsSubscription, StateQuery } from "./generated/graphql.ts";

/** What a page shows at first, and the cursor that its subscription goes on from. */
export const STATE = graphql(`
  query State($room: ID!) {
    room(id: $room) {
      id
      cursor
      messages(last: 20) {
        edges {
          node {
            id
            text
          }
        }
      }
    }
  }
`);

/** What happens in the room from then on. */
export const NEWS = graphql(`
  subscription News($room: ID!, $after: EventCursor) {
    roomEvents(roomId: $room, after: $after) {
      __typename
      cursor
      ... on MessageEvent {
        message {
          id
          text
        }
      }
    }
  }
`);

export function state({ room }: StateQuery): object {
  return { cursor: room?.cursor, messages: room?.messages?.edges.map(({ node }) => node.text) };
}

export function event({ roomEvents: { __typename, cursor, ...rest } }: NewsSubscription): object {
  const text = "message" in rest && __typename === "MessagePosted" ? rest.message.text : undefined;
  return { __typename, cursor, text };
}
