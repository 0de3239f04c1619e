"""The GraphiQL page: its security headers, and that it is served without a build too."""

import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from server.ide import ide_routes
from tests.support.world import World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("secret")
    assets = tmp_path / "dist" / "assets"
    assets.mkdir(parents=True)
    (assets / "index-4f2a.js").write_text("built()")
    (assets.parent / "index.html").write_text("<title>built</title>")
    return assets.parent


@pytest.fixture
async def client(dist: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(dist) as client:
        yield client


def browser(dist: Path) -> httpx.AsyncClient:
    answers = iter(range(100))
    app = Starlette(routes=ide_routes(dist, lambda _: {"endpoint": "/graphql", "answer": next(answers)}))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


def policy(response: httpx.Response) -> dict[str, set[str]]:
    directives = response.headers["content-security-policy"].split("; ")
    return {name: set(sources) for name, *sources in map(str.split, directives)}


async def test_the_short_address_leads_to_the_page(client: httpx.AsyncClient) -> None:
    response = await client.get("/ide")
    assert response.is_redirect
    assert response.headers["location"] == "/ide/"


async def test_the_page_is_what_was_built(client: httpx.AsyncClient) -> None:
    response = await client.get("/ide/")
    assert response.text == "<title>built</title>"
    assert response.headers["content-type"] == "text/html; charset=utf-8"


async def test_the_page_runs_only_its_own_scripts_and_reaches_only_its_own_server(client: httpx.AsyncClient) -> None:
    sources = policy(await client.get("/ide/"))
    assert sources["default-src"] == sources["frame-ancestors"] == sources["base-uri"] == {"'none'"}
    assert sources["script-src"] == sources["worker-src"] == sources["connect-src"] == {"'self'"}
    assert set().union(*sources.values()) == {"'none'", "'self'", "'unsafe-inline'", "data:"}
    assert [name for name in sources if "'unsafe-inline'" in sources[name]] == ["style-src"]


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_the_server_sends_the_policy_with_every_answer_of_the_page(world: World) -> None:
    """Also where the whole server stands before the routes."""
    policies = {
        (await world.http.get(path)).headers.get("content-security-policy") for path in ("/ide/", "/ide/config.json")
    }
    (kept,) = policies
    assert "script-src 'self';" in kept
    assert "default-src 'none';" in kept
    assert "frame-ancestors 'none'" in kept


@pytest.mark.parametrize("path", ["/ide/", "/ide/config.json"])
async def test_the_page_and_its_configuration_are_never_cached_framed_or_sniffed(
    client: httpx.AsyncClient, path: str
) -> None:
    headers = (await client.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_the_configuration_is_made_anew_each_time(client: httpx.AsyncClient) -> None:
    assert (await client.get("/ide/config.json")).json() == {"endpoint": "/graphql", "answer": 0}
    assert (await client.get("/ide/config.json")).json() == {"endpoint": "/graphql", "answer": 1}


async def test_assets_are_kept_by_the_browser_for_good(client: httpx.AsyncClient) -> None:
    response = await client.get("/ide/assets/index-4f2a.js")
    assert response.text == "built()"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "..%2f..%2fsecret.txt",
        "%2e%2e/%2e%2e/secret.txt",
        "%2e%2e%2findex.html",
        "%2fetc%2fpasswd",
    ],
)
async def test_no_path_leads_out_of_the_assets(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(f"/ide/assets/{path}")
    assert response.status_code == 404
    assert response.text == "Not Found"


async def test_a_missing_asset_is_not_remembered_as_missing(client: httpx.AsyncClient) -> None:
    response = await client.get("/ide/assets/index-0000.js")
    assert response.status_code == 404
    assert "cache-control" not in response.headers


async def test_without_a_build_the_page_says_what_to_do(tmp_path: Path) -> None:
    async with browser(tmp_path / "dist") as client:
        response = await client.get("/ide/")
        assert response.status_code == 200
        assert "make ide" in response.text
        assert 'href="/schema.graphql"' in response.text
        assert "<script" not in response.text
        assert policy(response)["script-src"] == {"'self'"}
        assert (await client.get("/ide/assets/index-4f2a.js")).status_code == 404


def test_the_page_has_no_inline_script_and_names_no_other_host() -> None:
    page = (ROOT / "ide" / "index.html").read_text()
    assert re.findall(r"<script[^>]*>[^<]*", page) == ['<script type="module" src="./src/main.jsx">']
    assert "//" not in page


def test_packages_are_pinned_and_their_lock_names_no_registry() -> None:
    package = json.loads((ROOT / "ide" / "package.json").read_text())
    wanted = package["dependencies"] | package["devDependencies"]
    assert [version for version in wanted.values() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    assert '"resolved"' not in (ROOT / "ide" / "package-lock.json").read_text()


REQUIRED = """
import { buildSchema } from "graphql";
import { getVariablesJSONSchema } from "graphql-language-service";
import { optionalWithDefault } from "./src/defaults.js";
const types = buildSchema("input Form { name: ID!  keep: Boolean! = false  tags: [ID!]! = [] } type Query { id(form: Form): ID }");
const made = getVariablesJSONSchema({ input: types.getType("Form") });
const before = made.definitions.Form.required;
console.log(JSON.stringify([before, optionalWithDefault(made).definitions.Form.required, optionalWithDefault(null)]));
"""


@pytest.mark.skipif(
    not (shutil.which("node") and (ROOT / "ide" / "node_modules").is_dir()), reason="GraphiQL's packages are not there"
)
def test_variables_need_not_give_what_has_a_default() -> None:
    """GraphiQL's own worker requires every variable, and marks an omitted one as an error. The server accepts it."""
    ran = subprocess.run(
        ["node", "--input-type=module", "--eval", REQUIRED],
        cwd=ROOT / "ide",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == [["name", "keep", "tags"], ["name"], None]
