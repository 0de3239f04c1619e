/**
 * Subscribes so that nothing is lost and nothing is told twice, whatever ends the stream in between.
 *
 * Clients retry by themselves, but with the variables of the first time. Here `after` follows each event, and a stream
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
    if (!stopped) waiting = setTimeout(start, pause(failures++));
  };
  const start = (): void => {
    let final = false;
    close = open({
      next: (result) => {
        if (result.errors && isPassing(result)) return; // the end follows
        final = Boolean(result.errors);
        failures = 0;
        sink.next(result);
        variables.after = cursorOf(result.data) ?? variables.after;
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

/** Returns the cursor of the event in a result. */
export function cursorOf(data: unknown): string | undefined {
  return Object.values((data ?? {}) as Record<string, { cursor?: string }>)[0]?.cursor;
}

/** Returns how many milliseconds to wait: up to half a second at first, then longer, up to half a minute. */
export function pause(failures: number): number {
  return Math.random() * 500 * Math.min(2 ** failures, 60);
}

const PASSING_ERRORS = /^(UNAVAILABLE|TIMEOUT|INTERNAL|UNAUTHENTICATED|TOO_MANY_\w+)$/;
const PASSING_STATUSES = [401, 408, 429];
const MISTAKES = [1002, 1007, 1008, 1009, 4400, 4401, 4406, 4409, 4429]; // close codes that a client has earned itself

/** Tells whether it is worth another attempt after these errors, this closed socket, or this failed request. */
export function isPassing(problem: unknown): boolean {
  const { code, errors, message, response, statusCode } = problem as {
    code?: number;
    errors?: Result["errors"];
    message?: string;
    response?: { status: number };
    statusCode?: number;
  };
  const all = errors ?? (Array.isArray(problem) ? (problem as Result["errors"]) : undefined);
  if (all) return all.every((error) => PASSING_ERRORS.test(String(error.extensions?.code)));
  const status = statusCode ?? response?.status ?? 0;
  if (status >= 400 && status < 500) return PASSING_STATUSES.includes(status);
  return !MISTAKES.includes(code ?? Number(/with event (\d+)/.exec(message ?? "")?.[1])); // as Apollo Client words it
}
