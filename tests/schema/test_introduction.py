"""What the schema says of itself: its introduction, and the chapters of the mutations. Tools and GraphiQL show both."""

import re

from graphql import GraphQLObjectType, build_schema

from schema.introduction import INTRODUCTION
from schema.root import sdl

SCHEMA = build_schema(sdl())
NAME = re.compile(r"`([A-Za-z.]+)`")
CHAPTER = re.compile(r"^- ([A-Z][a-z]+): ((?:`\w+`(?:, )?)+)\.$", re.MULTILINE)
OF_ANSWERS = {"cursor", "after", "first", "last", "pageInfo", "userErrors", "code", "message", "field", "extensions.code", "idempotencyKey"}  # fmt: skip


def test_the_sdl_has_the_introduction() -> None:
    assert SCHEMA.description == INTRODUCTION


def test_the_introduction_names_what_there_is() -> None:
    """Roots and their fields, `Type.field`, and parts of answers, which are on many types."""
    roots = [of for of in (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type) if of]
    known = {name for of in roots for name in (of.name, *of.fields)}
    known |= {
        f"{of.name}.{name}"
        for of in SCHEMA.type_map.values()
        if isinstance(of, GraphQLObjectType)
        for name in of.fields
    }
    assert set(NAME.findall(INTRODUCTION)) - known == OF_ANSWERS


def test_the_description_of_mutation_has_each_mutation_in_one_chapter_in_the_schemas_order() -> None:
    """ide/src/chapters.js reads this form."""
    mutation = SCHEMA.mutation_type
    assert mutation
    assert mutation.description
    chapters = CHAPTER.findall(mutation.description)
    assert len({title for title, _ in chapters}) == len(chapters) > 1
    assert [name for _, names in chapters for name in NAME.findall(names)] == list(mutation.fields)
