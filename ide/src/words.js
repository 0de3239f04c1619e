/** What is said of a stream's results and of its connection. */

const ABNORMAL = 1006; // a browser's code where a connection broke, or never was

/** Returns the type of an event, "error", or the field of another result. */
export function nameOf({ data, errors }) {
  const [field, value] = Object.entries(data ?? {})[0] ?? [];
  return errors ? "error" : (value?.__typename ?? field ?? "result");
}

/** Returns the values of a result in a line, which is never empty. */
export function gist({ data, errors } = {}) {
  if (errors) return errors[0].message;
  const { __typename, cursor, occurredAt, ...facts } = Object.values(data ?? {})[0] ?? {};
  return (
    leaves(facts).join(" · ") || (__typename === "Checkpoint" ? "quiet, not dead" : "no other field was asked for")
  );
}

/** Returns why a connection closed, for a close event or an error. */
export function describe(problem) {
  const { code, reason } = problem ?? {};
  if (isAbnormal(problem)) return "Server not reachable.";
  return code
    ? `The server closed the socket with ${code} ${reason}`.trim()
    : (problem?.message ?? "Server not reachable.");
}

/** Returns whether a connection broke without a word of the server. */
export function isAbnormal({ code }) {
  return code === ABNORMAL;
}

function leaves(value, name) {
  if (typeof value === "boolean") return [value ? name : `not ${name}`];
  if (!value || typeof value !== "object") return [value ?? "–"];
  return Object.entries(value).flatMap(([inner, each]) => leaves(each, Array.isArray(value) ? name : inner));
}
