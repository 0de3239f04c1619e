/** Relay: a gallery's media as a connection with pages. Mutations and events add and remove edges; nothing is asked twice. */

import {
  ConnectionHandler, createOperationDescriptor, fetchQuery, getRequest, graphql, requestSubscription,
} from "relay-runtime";

import { tell } from "../settings.ts";
import { environment } from "./environment.ts";
import type { galleryNewsSubscription } from "./generated/galleryNewsSubscription.graphql.ts";
import type { galleryPageQuery, galleryPageQuery$data } from "./generated/galleryPageQuery.graphql.ts";

const GALLERY = process.env.ENFILADE_GALLERY ?? "";

const PAGE = graphql`
  query galleryPageQuery($gallery: ID!, $after: String) {
    gallery(by: { id: $gallery }) {
      id
      media(first: 2, after: $after, orderBy: NEWEST) @connection(key: "gallery_media", filters: []) {
        edges {
          node {
            id
            title
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
        eventCursor
      }
    }
  }
`;

const NEWS = graphql`
  subscription galleryNewsSubscription($gallery: ID!, $after: EventCursor, $connections: [ID!]!) {
    galleryEvents(galleryId: $gallery, after: $after) {
      __typename
      cursor
      ... on MediaAdded {
        media @prependNode(connections: $connections, edgeTypeName: "MediaEdge") {
          id
          title
        }
      }
      ... on MediaChanged {
        media {
          id
          title
        }
      }
      ... on MediaRemoved {
        mediaId @deleteEdge(connections: $connections)
      }
    }
  }
`;

const first = getRequest(PAGE);
const operation = createOperationDescriptor(first, { gallery: GALLERY });
environment.retain(operation);
let page = await read(undefined);
// The first page's cursor is the one to subscribe from: a later page is read later, so after its cursor events would be missing.
const after = page.media?.eventCursor;
while (page.media?.pageInfo.hasNextPage) page = await read(page.media.pageInfo.endCursor);

const snapshot = environment.lookup(operation.fragment);
tell({ titles: titles(snapshot.data as unknown as galleryPageQuery$data) });
environment.subscribe(snapshot, ({ data }) => tell({ titles: titles(data as unknown as galleryPageQuery$data) }));

requestSubscription<galleryNewsSubscription>(environment, {
  subscription: NEWS,
  variables: { gallery: GALLERY, after, connections: [ConnectionHandler.getConnectionID(page.id, "gallery_media")] },
  onNext: (news) => tell({ event: { __typename: news?.galleryEvents.__typename } }),
  onError: (problem) => tell({ error: String(problem) }),
});

async function read(endCursor: string | null | undefined): Promise<NonNullable<galleryPageQuery$data["gallery"]>> {
  const variables = { gallery: GALLERY, after: endCursor };
  const answer = await fetchQuery<galleryPageQuery>(environment, PAGE, variables).toPromise();
  if (!answer?.gallery) throw new Error("There is no such gallery.");
  return answer.gallery;
}

function titles({ gallery }: galleryPageQuery$data): string[] {
  return gallery?.media?.edges.map(({ node }) => node.title) ?? [];
}
