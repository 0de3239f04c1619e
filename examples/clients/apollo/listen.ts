/** Apollo Client: reads a room's state, then hears everything. The argument is `websocket` or `multipart`. */

import { NEWS, STATE, event, state } from "../documents.ts";
import { ROOM, tell } from "../settings.ts";
import { makeClient } from "./client.ts";

const client = makeClient(process.argv[2] ?? "websocket");
const { data } = await client.query({ query: STATE, variables: { room: ROOM } });
if (!data) throw new Error("The query has no result.");
tell({ state: state(data) });
client.subscribe({ query: NEWS, variables: { room: ROOM, after: data.room?.cursor } }).subscribe(({ data, error }) => {
  if (error) tell({ error: error.message });
  else if (data) tell({ event: event(data) });
});
