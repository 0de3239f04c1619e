"""Which operations are queries of a gallery's page, and how many of their answers are kept."""

from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_operation_ast

from models.cursors import BEGINNING
from schema.execution.documents import DOCUMENTS
from schema.execution.impersonal import Operation
from schema.execution.page_queries import PAGE, PageQuery
from schema.pages import BYTES_PER_PAGE, KeptPages, Key, Page, Proof
from schema.root import schema
from tests.support.gallery_pages import CONTENT, EVERYTHING, NARROWED

COURSE = 'gallery(by: {externalId: "course-101"})'


def query_of(text: str, operation_name: str | None = None, **variables: Any) -> PageQuery | None:
    operation = get_operation_ast(DOCUMENTS.of(text).parsed, operation_name)
    assert operation
    return schema.page_query(text, operation, variables)


@pytest.mark.parametrize("of", PAGE)
def test_the_table_names_fields_that_there_are(of: str) -> None:
    found = schema._schema.type_map[of]
    assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType)
    assert PAGE[of] <= set(found.fields)


@pytest.mark.parametrize(("text", "selects_room"), [(CONTENT, False), (NARROWED, False), (EVERYTHING, True)])
def test_a_page_is_found(text: str, *, selects_room: bool) -> None:
    query = query_of(text, id="x")
    assert query
    assert query.selects_room is selects_room


def test_the_gallery_may_be_named_in_any_way() -> None:
    for text, given in (
        (f"{{ {COURSE} {{ id }} }}", {}),
        ("query ($key: String!) { gallery(by: {externalId: $key}) { id } }", {"key": "course-101"}),
        ('query ($key: String! = "course-101") { gallery(by: {externalId: $key}) { id } }', {}),
        ("query ($by: GalleryBy!) { course: gallery(by: $by) { id } }", {"by": {"externalId": "course-101"}}),
    ):
        query = query_of(text, **given)
        assert query
        assert query.by == {"externalId": "course-101"}


OTHERS = {
    "another root field": "{ viewer { id } }",
    "two root fields": f"{{ {COURSE} {{ id }} viewer {{ id }} }}",
    "the same twice": f"{{ {COURSE} {{ id }} {COURSE} {{ title }} }}",
    "a root that may be left out": f"query ($no: Boolean = true) {{ {COURSE} @skip(if: $no) {{ id }} }}",
    "a root in a fragment": f"{{ ...Root }} fragment Root on Query {{ {COURSE} {{ id }} }}",
    "a mutation": "mutation { leaveRoom(input: {roomId: 1}) { cursor } }",
    "a salted cursor": f"{{ {COURSE} {{ id cursor }} }}",
    "in a fragment": f"{{ {COURSE} {{ ...More }} }} fragment More on Gallery {{ cursor }}",
    "in an inline fragment": f"{{ {COURSE} {{ ... on Gallery {{ room {{ status {{ cursor }} }} }} }} }}",
    "in what is skipped": f"{{ {COURSE} {{ id cursor @skip(if: true) }} }}",
    "what depends on the viewer": f"{{ {COURSE} {{ media {{ edges {{ node {{ owner {{ email }} }} }} }} }} }}",
    "a field that there is not": f"{{ {COURSE} {{ colour }} }}",
    "a fragment that there is not": f"{{ {COURSE} {{ ...Colour }} }}",
    "a fragment on a type that there is not": f"{{ {COURSE} {{ ... on Colour {{ id }} }} }}",
    "no selection": f"{{ {COURSE} }}",
    "no gallery": "{ gallery { id } }",
    "a variable of another type": "query ($key: [String]!) { gallery(by: {externalId: $key}) { id } }",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_operations_are_executed(name: str) -> None:
    assert query_of(OTHERS[name], key={"not": "a string"}) is None


def test_a_fragment_that_spreads_itself_ends() -> None:
    """It is refused when it is executed."""
    assert query_of(f"{{ {COURSE} {{ ...A }} }} fragment A on Gallery {{ id ...B }} fragment B on Gallery {{ ...A }}")


def test_each_operation_of_a_document_is_judged_alone() -> None:
    text = f"query A {{ {COURSE} {{ id }} }} query B {{ {COURSE} {{ cursor }} }}"
    assert query_of(text, "A")
    assert query_of(text, "B") is None


def test_other_variables_make_another_page() -> None:
    text = "query ($id: ID!, $first: Int) { gallery(by: {id: $id}) { media(first: $first) { edges { cursor } } } }"
    one, other = query_of(text, id="x", first=1), query_of(text, first=2, id="x")
    assert one
    assert other
    assert one.operation != other.operation
    assert query_of(text, first=1, id="x") == one


def key(number: int) -> Key:
    proof = Proof(UUID(int=number), (), frozenset(), BEGINNING, 0, None)
    return Operation("{ gallery }", None, "{}"), proof


async def test_pages_are_kept_within_a_number_of_bytes() -> None:
    """The one that was not used for the longest time is dropped first. An answer that is not for all is not kept."""
    kept, made = KeptPages(3 * (BYTES_PER_PAGE + 1_100)), []

    async def read(number: int, size: int = 1_000) -> None:
        async def make() -> Page | None:
            made.append(number)
            if not size:
                return None
            kept.keep(key(number), Page(b"x" * size))
            return kept.get(key(number))

        await kept.of(key(number), make)

    for number in (1, 2, 3, 1, 4, 1, 3):
        await read(number)
    assert made == [1, 2, 3, 4]
    await read(2)
    assert made == [1, 2, 3, 4, 2]
    await read(9, size=1_000_000)
    assert kept.bytes == 0
    for _ in range(2):
        await read(5, size=0)
    assert (made[-2:], kept.bytes) == ([5, 5], 0)
