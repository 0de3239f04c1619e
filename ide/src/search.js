import { isEnumType } from "graphql";

const MOST = 100;

/**
 * Returns what the words are found in: types, fields, arguments and values of enums, by their names and descriptions.
 * All words must be in one place. Names come before descriptions, and what is in the type `within` before the rest.
 */
export function findInSchema(schema, text, within) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const named = [];
  const described = [];
  for (const place of placesIn(schema)) {
    const name = place.name.toLowerCase();
    const all = `${place.path} ${place.description ?? ""}`.toLowerCase();
    if (words.every((word) => name.includes(word))) named.push(place);
    else if (words.every((word) => all.includes(word))) described.push(place);
  }
  const isWithin = (place) => place.type === within;
  const found = [...named, ...described];
  return [...found.filter(isWithin), ...found.filter((place) => !isWithin(place))].slice(0, MOST);
}

function* placesIn(schema) {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__")) continue;
    yield { path: type.name, name: type.name, description: type.description, type };
    if (isEnumType(type))
      for (const value of type.getValues())
        yield { path: `${type.name}.${value.name}`, name: value.name, description: value.description, type };
    for (const field of Object.values(type.getFields?.() ?? {})) {
      const path = `${type.name}.${field.name}`;
      yield { path, name: field.name, description: field.description, type, field };
      for (const argument of field.args ?? [])
        yield { path: `${path}(${argument.name})`, name: argument.name, description: argument.description, type, field };
    }
  }
}
