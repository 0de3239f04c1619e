// graphql-eslint's rules for schema/schema.graphql: schema-recommended and schema-relay. Each exception has its reason here.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const clients = createRequire(new URL("../examples/clients/package.json", import.meta.url));
const plugin = clients("@graphql-eslint/eslint-plugin");
const { buildSchema, isObjectType } = clients("graphql");

const SDL = process.env.SDL ?? "schema/schema.graphql";
const schema = buildSchema(readFileSync(SDL, "utf8"));
const events = schema.getPossibleTypes(schema.getType("Event")).map((type) => type.name);

// Parts of an object, and rows of reports: nothing refers to one of them, and a cache keeps them inside their object.
const VALUES = [
  "AdmissionResult", "AnsweredQuestion", "Attendance", "AuditRecord", "EffectiveModerator", "EmojiCount", "FeedAnnouncement",
  "FeedAnswer", "FeedInteraction", "FeedPin", "FeedText", "InteractionAnswer", "MediaReview", "MinuteInside",
  "ModeratorAssignment", "PageInfo", "Participation", "Playback", "RateLimit", "ReactionCount", "ReportTotals", "ReviewResult", "RoleSource",
  "RoomConfigurationPreview", "RoomLimits", "RoomLimitsChange", "RoomSettingChange", "SessionReport",
  "ShownContent", "Stay", "TranscriptMessage", "UserError",
];
// There is one of each: a cache finds it by its type.
const SINGLE = ["Site"];

for (const name of [...VALUES, ...SINGLE]) {
  if (!isObjectType(schema.getType(name))) throw new Error(`${import.meta.filename}: ${name} is no object type any more.`);
}

// roomModerators are those with the role of room moderator, beside chatModerators: the prefix is no repetition. A username
// is one word.
const PREFIXED = ["Room.roomModerators", "User.username"];

// Rows of a session's report and of the audit: copies of what happened, which nothing else refers to. A reply is read
// through its question.
const EDGES_OF_VALUES = [
  "AttendanceEdge", "AuditRecordEdge", "InteractionAnswerEdge", "MinuteInsideEdge", "ParticipationEdge", "QuestionReplyEdge",
  "TranscriptMessageEdge",
];

// A record is read from its beginning to its end.
const FORWARDS_ONLY = ["Query.sessionRecord"];

/** Returns `Type` or `Type.field` for the name of one. */
const pathOf = ({ parent }) => [parent.parent?.name?.value, parent.name.value].filter(Boolean).join(".");

/** Returns the rule without its reports about these types or fields, where it has no option for exceptions. */
function except(name, exceptions) {
  const rule = plugin.rules[name];
  const report = (context) => (found) => exceptions.includes(pathOf(found.node)) || context.report(found);
  return { ...rule, create: (context) => rule.create(Object.create(context, { report: { value: report(context) } })) };
}

const rules = {
  ...plugin.rules,
  "no-typename-prefix": except("no-typename-prefix", PREFIXED),
  "relay-arguments": except("relay-arguments", FORWARDS_ONLY),
  "relay-edge-types": except("relay-edge-types", EDGES_OF_VALUES),
};

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema: SDL } } },
    plugins: { "@graphql-eslint": { ...plugin, rules } },
    rules: {
      ...plugin.configs["flat/schema-recommended"].rules,
      ...plugin.configs["flat/schema-relay"].rules,
      "@graphql-eslint/strict-id-in-types": [
        "error",
        // An event is known by its cursor. A payload, a connection and an edge belong to the operation that asked.
        { exceptions: { types: [...events, ...VALUES, ...SINGLE], suffixes: ["Payload", "Connection", "Edge"] } },
      ],
      // Lists with a bound (options, roles, results of a bulk mutation) are plain lists. What grows is a connection.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: true }],
      "@graphql-eslint/require-description": [
        "error",
        {
          types: true, DirectiveDefinition: true, rootField: true, FieldDefinition: true, InputValueDefinition: true,
          EnumValueDefinition: true,
          // GraphQL's own directive, which is printed for tools that do not know it yet.
          ignoredSelectors: ["[type=DirectiveDefinition][name.value=oneOf]"],
        },
      ],
    },
  },
];
