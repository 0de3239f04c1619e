/**
 * Subscribes so that nothing is lost and nothing is told twice, whatever ends the stream in between.
 *
 * Clients retry by themselves, but with the variables of the first time. So `after` follows each event, and a stream
 * that ended for a passing reason is opened again. docs/subscriptions.md lists how a stream ends.
 */

export interface Result {
  data?: unknown;
  errors?: ReadonlyArray<{ extensions?: { code?: unknown } }>;
}

export interface Sink<T> {
  next(result: T): void;
  error(problem: unknown): void;
  complete(): void;
}

/** Codes of a stream that is worth opening again. */
const PASSING = /^(UNAVAILABLE|TIMEOUT|INTERNAL|UNAUTHENTICATED|TOO_MANY_\w+)$/;
/** Close codes of a WebSocket that a client earned by a mistake of its own. */
const MISTAKES = new Set([1002, 1007, 1008, 1009, 4400, 4401, 4406, 4409, 4429]);

/** Opens a stream with `variables`, and again after each end that is not final. Returns how to stop it. */
export function resuming<T extends Result>(
  variables: { after?: string | null },
  open: (sink: Sink<T>) => () => void,
  sink: Sink<T>,
): () => void {
  let close = (): void => {};
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let stopped = false;
  const again = (): void => {
    if (!stopped) waiting = setTimeout(start, Math.random() * 1000 * Math.min(2 ** failures++, 30));
  };
  const start = (): void => {
    let final = false;
    close = open({
      next: (result) => {
        if (isPassing(result.errors)) return;
        final = Boolean(result.errors);
        failures = 0;
        sink.next(result);
        variables.after = cursorOf(result) ?? variables.after;
      },
      error: (problem) => (isPassing(problem) ? again() : sink.error(problem)),
      complete: () => (final ? sink.complete() : again()),
    });
  };
  start();
  return () => {
    stopped = true;
    clearTimeout(waiting);
    close();
  };
}

function cursorOf({ data }: Result): string | undefined {
  return Object.values((data ?? {}) as Record<string, { cursor?: string }>)[0]?.cursor;
}

/** Tells whether errors, a closed socket or a failed request are worth another attempt. */
function isPassing(problem: unknown): boolean {
  const errors = Array.isArray(problem) ? problem : (problem as { errors?: Result["errors"] } | undefined)?.errors;
  if (errors) return errors.every((error) => PASSING.test(String(error.extensions?.code)));
  const { code } = (problem ?? {}) as { code?: number };
  return problem !== undefined && !MISTAKES.has(code ?? 0);
}
