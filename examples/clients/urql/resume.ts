/** An exchange for urql that opens a subscription again after the last event, when it ended for a passing reason. */

import { makeOperation, type Exchange, type Operation, type OperationResult } from "@urql/core";
import { filter, makeSubject, merge, pipe, share, tap } from "wonka";

import { cursorOf, isPassing, pause } from "../resume.ts";

interface Stream {
  failures: number;
  after?: string;
  waiting?: ReturnType<typeof setTimeout>;
}

export const resumeExchange: Exchange = ({ forward }) => (operations$) => {
  const streams = new Map<number, Stream>();
  const { source: again$, next: again } = makeSubject<Operation>();

  function follow({ kind, key }: Operation): void {
    if (kind === "subscription") streams.set(key, { failures: 0 });
    if (kind !== "teardown") return;
    clearTimeout(streams.get(key)?.waiting);
    streams.delete(key);
  }

  /** Tells whether the result is for the app. The others are ends that are followed by another attempt. */
  function isForApp({ operation, data, error, hasNext }: OperationResult): boolean {
    const stream = streams.get(operation.key);
    if (operation.kind !== "subscription" || !stream) return true;
    // urql tells a final error a second time, with the end.
    if (error && !isPassing(error.networkError ?? error.graphQLErrors)) return !hasNext;
    if (!hasNext) {
      // urql repeats the last event here, which is dropped.
      const variables = { ...operation.variables, after: stream.after ?? operation.variables?.after };
      const next = makeOperation("subscription", { ...operation, variables });
      stream.waiting = setTimeout(() => again(next), pause(stream.failures++));
    } else if (!error) {
      stream.failures = 0;
      stream.after = cursorOf(data) ?? stream.after;
    }
    return hasNext && !error;
  }

  const incoming$ = pipe(operations$, tap(follow), share);
  return pipe(forward(merge([incoming$, again$])), filter(isForApp));
};
