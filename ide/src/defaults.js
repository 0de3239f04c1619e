/** For these variables' JSON schema, one that asks for no more than the server does: what has a default may be left out. */
export function optionalWithDefault(schema) {
  for (const input of Object.values(schema?.definitions ?? {}))
    input.required = input.required.filter((name) => !("default" in input.properties[name]));
  return schema;
}
