"""The files of the client: exactly those that are meant, with the headers that protect them."""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient
from yarl import URL

from server.http.static import setup_static

Client = TestClient[web.Request, web.Application]
MakeClient = Callable[[web.Application], Awaitable[Client]]

STATIC = Path(__file__).resolve().parents[3] / "static"

FROM = r'from "(\.[^"]+)"|^import "(\.[^"]+)"'
LATER = r'import\("(\.[^"]+)"\)'


def _imported(module: Path, pattern: str) -> list[Path]:
    """Our own modules that one of them imports."""
    found = re.findall(pattern, module.read_text(encoding="utf-8"), re.MULTILINE)
    names = ["".join(groups) if isinstance(groups, tuple) else groups for groups in found]
    return [(module.parent / name).resolve() for name in names]


async def _signed_in_player_may_not(request: web.Request) -> bool:
    return request.cookies.get("casino_session") != "a-player"


@pytest.fixture
async def client(aiohttp_client: MakeClient) -> Client:
    """The client's files behind a server, with one session that is a player's."""
    app = web.Application()
    setup_static(app, may_see_admin=_signed_in_player_may_not)
    return await aiohttp_client(app)


def _policy(response: ClientResponse) -> dict[str, str]:
    directives = response.headers["Content-Security-Policy"].split("; ")
    return {name: rest for name, _, rest in (directive.partition(" ") for directive in directives)}


def _import_map(page: str) -> str:
    found = re.search(r'<script type="importmap">(.+?)</script>', page, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    "path",
    ["/", "/tables/main-1", "/syndicate", "/history", "/history/0193-ab", "/fairness", "/account"],
)
async def test_every_address_of_the_player_shows_the_player_page(client: Client, path: str) -> None:
    response = await client.get(path)

    assert response.status == 200
    assert response.content_type == "text/html"
    assert "/static/js/app.js" in await response.text()


async def test_an_address_that_no_page_knows_is_not_found(client: Client) -> None:
    response = await client.get("/nowhere")

    assert response.status == 404


async def test_the_policy_allows_our_own_files_and_the_import_map_and_nothing_else(client: Client) -> None:
    response = await client.get("/")

    digest = hashlib.sha256(_import_map(await response.text()).encode()).digest()
    assert _policy(response) == {
        "default-src": "'none'",
        "script-src": f"'self' 'sha256-{base64.b64encode(digest).decode()}'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/admin"])
async def test_all_that_a_page_names_is_served(client: Client, path: str) -> None:
    page = await (await client.get(path)).text()
    named = re.findall(r'(?:src|href)="(/[^"]+)"', page) + list(
        json.loads(_import_map(page))["imports"].values()
    )

    answers = {name: await client.get(name) for name in named}

    assert dict.fromkeys(named, 200) == {name: answer.status for name, answer in answers.items()}
    for name, answer in answers.items():
        expected = {".css": "text/css", ".svg": "image/svg+xml"}.get(Path(name).suffix, "text/javascript")
        assert answer.content_type == expected


async def test_every_own_module_that_a_module_imports_is_served(client: Client) -> None:
    for module in (STATIC / "js").rglob("*.js"):
        for imported in _imported(module, rf"{FROM}|{LATER}"):
            response = await client.get(f"/static/{imported.relative_to(STATIC).as_posix()}")
            assert response.status == 200, f"{module.name} imports {imported.name}"


async def test_packages_are_kept_for_ever_and_own_files_are_asked_for_again(client: Client) -> None:
    imports = json.loads(_import_map(await (await client.get("/")).text()))["imports"]

    package = await client.get(imports["preact"])
    own = await client.get("/static/js/app.js")

    assert package.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert own.headers["Cache-Control"] == "no-cache"


async def test_a_file_that_the_browser_has_is_not_sent_again(client: Client) -> None:
    first = await client.get("/static/js/app.js")

    again = await client.get("/static/js/app.js", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status == 304
    assert await again.read() == b""


async def test_a_file_that_has_changed_is_sent(client: Client) -> None:
    response = await client.get("/static/js/app.js", headers={"If-None-Match": 'W/"older"'})

    assert response.status == 200


@pytest.mark.parametrize(
    ("offer", "encoding"),
    [
        ("gzip, br", "gzip"),
        ("gzip;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("identity", None),
        ("gzip;q=x", None),
    ],
)
async def test_a_file_is_packed_for_those_who_take_it(
    client: Client, offer: str, encoding: str | None
) -> None:
    async with client.session.get(
        client.make_url("/static/app.css"), headers={"Accept-Encoding": offer}, auto_decompress=False
    ) as response:
        body = await response.read()

    assert response.headers.get("Content-Encoding") == encoding
    assert (gzip.decompress(body) if encoding else body) == (STATIC / "app.css").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/static/package.json",
        "/static/package-lock.json",
        "/static/.npmrc",
        "/static/index.html",
        "/static/js/",
        "/static/node_modules/preact/package.json",
        "/static/../pyproject.toml",
        "/static/%2e%2e/pyproject.toml",
        "/static/..%2fpyproject.toml",
        "/static/js/..%5c..%5cpyproject.toml",
        "/static//etc/passwd",
        "/vendor/preact/package.json",
        "/vendor/preact@11.2.0/package.json",
        "/vendor/ws@8.18.3/index.js",
        "/vendor/../static/package.json",
    ],
)
async def test_nothing_else_is_served(client: Client, path: str) -> None:
    # Encoded already, so that the path reaches the server as it is written.
    response = await client.session.get(URL(f"{client.make_url('/')}{path[1:]}", encoded=True))

    assert response.status == 404


async def test_a_visitor_gets_the_admin_page_with_its_sign_in_form(client: Client) -> None:
    response = await client.get("/admin")

    assert response.status == 200
    assert "/static/js/admin/app.js" in await response.text()


@pytest.mark.parametrize("path", ["/admin", "/admin/payouts", "/admin/tables", "/admin/actions"])
async def test_a_player_is_refused_the_admin_pages(client: Client, path: str) -> None:
    response = await client.get(path, cookies={"casino_session": "a-player"})

    assert response.status == 403
    assert "importmap" not in await response.text()
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


async def test_a_page_knows_whether_the_browser_has_a_session(client: Client) -> None:
    without = await client.get("/")
    with_one = await client.get("/", cookies={"casino_session": "any"})

    assert 'data-session="no"' in await without.text()
    assert 'data-session="yes"' in await with_one.text()
    assert "Cookie" in with_one.headers["Vary"]
    assert without.headers["ETag"] != with_one.headers["ETag"]


async def test_a_player_loads_at_most_60_kilobytes_of_packed_javascript_to_play(client: Client) -> None:
    imports = json.loads(_import_map(await (await client.get("/")).text()))["imports"]
    packages = [path for name, path in imports.items() if name != "uplot"]
    own, waiting = set[Path](), [STATIC / "js" / "app.js"]
    while waiting:
        module = waiting.pop()
        if module not in own:
            own.add(module)
            waiting += _imported(module, FROM)
    paths = packages + [f"/static/{path.relative_to(STATIC).as_posix()}" for path in own]

    sizes = [len(gzip.compress(await (await client.get(path)).read())) for path in paths]

    assert sum(sizes) <= 60 * 1024
