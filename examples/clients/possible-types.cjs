// A plugin for GraphQL Code Generator: the types behind each interface and union, which Apollo's cache must know.
// @graphql-codegen/fragment-matcher does the same.

const { isAbstractType } = require("graphql");

exports.plugin = (schema) => {
  const abstract = Object.values(schema.getTypeMap()).filter(isAbstractType);
  const names = abstract.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]);
  return JSON.stringify(Object.fromEntries(names), null, 2);
};
