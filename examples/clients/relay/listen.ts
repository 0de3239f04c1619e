/** Relay: a room's chat as a connection, to which the subscription appends what is posted. */

import { ConnectionHandler, createOperationDescriptor, fetchQuery, getRequest, graphql, requestSubscription } from "relay-runtime";

import { ROOM, tell } from "../settings.ts";
import { environment } from "./environment.ts";
import type { listenNewsSubscription } from "./generated/listenNewsSubscription.graphql.ts";
import type { listenStateQuery, listenStateQuery$data } from "./generated/listenStateQuery.graphql.ts";

const STATE = graphql`
  query listenStateQuery($room: ID!) {
    room(id: $room) {
      id
      cursor
      messages(last: 20) @connection(key: "listen_messages") {
        edges {
          node {
            id
            text
          }
        }
      }
    }
  }
`;

const NEWS = graphql`
  subscription listenNewsSubscription($room: ID!, $after: EventCursor, $connections: [ID!]!) {
    roomEvents(roomId: $room, after: $after) {
      __typename
      cursor
      ... on MessagePosted {
        message @appendNode(connections: $connections, edgeTypeName: "ChatMessageEdge") {
          id
          text
        }
      }
      ... on MessageEvent {
        message {
          id
          text # an edited or deleted message changes in the store by its id
        }
      }
    }
  }
`;

// The state stays in the store as long as it is retained. Relay's hooks do this for a mounted component.
const operation = createOperationDescriptor(getRequest(STATE), { room: ROOM });
environment.retain(operation);
const state = await fetchQuery<listenStateQuery>(environment, STATE, { room: ROOM }).toPromise();
if (!state?.room) throw new Error("There is no such room.");

const shown = (): string[] => texts(environment.lookup(operation.fragment).data as unknown as listenStateQuery$data);
environment.subscribe(environment.lookup(operation.fragment), ({ data }) =>
  tell({ shown: texts(data as unknown as listenStateQuery$data) }),
);
tell({ state: { cursor: state.room.cursor, messages: shown() } });

requestSubscription<listenNewsSubscription>(environment, {
  subscription: NEWS,
  variables: {
    room: ROOM,
    after: state.room.cursor,
    connections: [ConnectionHandler.getConnectionID(state.room.id, "listen_messages")],
  },
  onNext: (news) => {
    const event = news?.roomEvents;
    const text = event?.__typename === "MessagePosted" ? event.message?.text : undefined;
    tell({ event: { __typename: event?.__typename, cursor: event?.cursor, text } });
  },
  onError: (problem) => tell({ error: String(problem) }),
  onCompleted: () => process.exit(),
});

function texts({ room }: listenStateQuery$data): string[] {
  return room?.messages?.edges.map(({ node }) => node.text ?? "") ?? [];
}
