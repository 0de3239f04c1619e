// Compares the SDL with that of the last release: node .ci/schema_diff.mjs [RELEASED PRESENT CHANGELOG]
// A breaking change is an error, unless a line "- Breaking: …" of the changelog's unreleased part names its `Type` or `Type.field`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const clients = createRequire(new URL("../examples/clients/package.json", import.meta.url));
const { diff } = clients("@graphql-inspector/core");
const { buildSchema } = clients("graphql");

const [released = "schema/released.graphql", present = "schema/schema.graphql", changelog = "CHANGELOG.md"] =
  process.argv.slice(2);

/** Returns the names in backticks in the entries of the unreleased part that begin with "Breaking:". */
function announced(text) {
  const [unreleased = ""] = text.split(/^## /m).filter((part) => part.startsWith("Unreleased"));
  const entries = unreleased.split(/^(?=- |#)/m).filter((entry) => entry.startsWith("- Breaking:"));
  return new Set(entries.flatMap((entry) => [...entry.matchAll(/`([^`]+)`/g)].map(([, name]) => name)));
}

/** Returns the path and what it is part of: Room.topic.first, Room.topic, Room. */
function parts(path) {
  const names = path.split(".");
  return names.map((_, index) => names.slice(0, names.length - index).join("."));
}

async function compare() {
  const changes = await diff(...[released, present].map((path) => buildSchema(readFileSync(path, "utf8"))));
  const said = announced(readFileSync(changelog, "utf8"));
  const silent = ({ criticality, path }) => criticality.level === "BREAKING" && !parts(path).some((part) => said.has(part));
  for (const { criticality, message } of changes) {
    if (criticality.level !== "NON_BREAKING") console.log(`${criticality.level.toLowerCase()}: ${message}`);
  }
  const missing = changes.filter(silent);
  for (const { path } of missing) console.error(`${changelog}: no line "- Breaking:" names \`${path}\`.`);
  process.exitCode = missing.length ? 1 : 0;
}

await compare();
