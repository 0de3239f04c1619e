/** Changes the JSON schema of variables so that fields with a default are optional, as they are for the server. */
export function optionalWithDefault(schema) {
  for (const input of Object.values(schema?.definitions ?? {}))
    input.required = input.required.filter((name) => !("default" in input.properties[name]));
  return schema;
}
