"""The web client, from memory: our own files, and the few files of the npm packages that the pages need.

Everything that may be served is read once at start into a table of exact paths, so that no request names a
file on disk.
"""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

MaySeeAdmin = Callable[[web.Request], Awaitable[bool]]

_FOLDER: Final = Path(__file__).resolve().parents[2] / "static"
_DOCS: Final = _FOLDER.parent / "docs"
_PUBLIC_DOCS: Final = ("fairness.md", "fairness-vectors.json")  # what a stranger's verifier is written from
_SESSION_COOKIE: Final = "casino_session"
_GZIP_WANTED: Final = re.compile(r"gzip;q=(0?\.0*[1-9]\d*|1(\.0*)?|0\.0*[1-9]\d*)")

_CONTENT_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/plain",  # so that a browser shows it
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
}

# What the pages import, and which file of which package that is. The rest of node_modules is never served.
_IMPORTS: Final = {
    "preact": ("preact", "dist/preact.mjs"),
    "preact/hooks": ("preact", "hooks/dist/hooks.mjs"),
    "htm": ("htm", "dist/htm.module.js"),
    "htm/preact": ("htm", "preact/index.module.js"),
    "@preact/signals": ("@preact/signals", "dist/signals.module.js"),
    "@preact/signals-core": ("@preact/signals-core", "dist/signals-core.module.js"),
    "socket.io-client": ("socket.io-client", "dist/socket.io.esm.min.js"),
    "uplot": ("uplot", "dist/uPlot.esm.js"),
}
_STYLES: Final = (("uplot", "dist/uPlot.min.css"),)

# The client-side addresses of the player's application; js/routes.js has the same list.
_PLAYER_PATHS: Final = (
    "/",
    "/tables/{table_id:[a-z0-9-]+}",
    "/syndicate",
    "/history",
    "/history/{round_id:[0-9a-f-]+}",
    "/fairness",
    "/account",
)
_ADMIN_PATHS: Final = ("/admin", "/admin/{page:payouts|tables|actions}")

_SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PAGE_HEADERS: Final = _SAFE_HEADERS | {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
    "Vary": "Accept-Encoding, Cookie",
}


class StaticFilesMissingError(Exception):
    """The front end's packages are not installed: run `make setup`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file as it is served: its body, plain and packed, and how a browser may keep it."""

    body: bytes
    packed: bytes
    etag: str
    content_type: str
    cache_control: str

    @classmethod
    def of(cls, body: bytes, *, content_type: str, cache_control: str = "no-cache") -> "Asset":
        """The asset with this body; its tag is a hash of it."""
        digest = hashlib.sha256(body).hexdigest()[:32]
        packed = gzip.compress(body, mtime=0)
        return cls(
            body=body, packed=packed, etag=digest, content_type=content_type, cache_control=cache_control
        )


def setup_static(app: web.Application, *, may_see_admin: MaySeeAdmin) -> None:
    """Serve the client.

    `may_see_admin` says no to a signed-in player; a visitor without a session gets the sign-in form.
    """
    versions = _installed_versions(_FOLDER / "node_modules")
    import_map = _import_map(versions)
    pages = _Pages(_FOLDER, import_map, versions)
    files = _own_files(_FOLDER) | _doc_files(_DOCS) | _vendor_files(_FOLDER / "node_modules", versions)

    async def player(request: web.Request) -> web.StreamResponse:
        return pages.answer(request, "index.html")

    async def admin(request: web.Request) -> web.StreamResponse:
        if not await may_see_admin(request):
            return pages.answer(request, "forbidden.html", status=403)
        return pages.answer(request, "admin.html")

    async def file(request: web.Request) -> web.StreamResponse:
        asset = files.get(request.path)
        if asset is None:
            raise web.HTTPNotFound
        return _answer(request, asset, headers=_SAFE_HEADERS | {"Vary": "Accept-Encoding"})

    for path in _PLAYER_PATHS:
        app.router.add_get(path, player)
    for path in _ADMIN_PATHS:
        app.router.add_get(path, admin)
    app.router.add_get("/static/{file:.+}", file)
    app.router.add_get("/vendor/{file:.+}", file)


class _Pages:
    """The HTML pages with the import map inside; one form for visitors, one for browsers with a session."""

    def __init__(self, folder: Path, import_map: str, versions: Mapping[str, str]) -> None:
        digest = base64.b64encode(hashlib.sha256(import_map.encode()).digest()).decode()
        self._headers = _PAGE_HEADERS | {"Content-Security-Policy": content_security_policy(digest)}
        self._assets: dict[tuple[str, bool], Asset] = {}
        for path in sorted(folder.glob("*.html")):
            text = _with_versions(path.read_text(encoding="utf-8"), versions)
            text = text.replace('<script type="importmap">{}', f'<script type="importmap">{import_map}')
            for has_session in (False, True):
                # The page cannot see the cookie; this tells it whether asking who is signed in makes sense.
                shown = text.replace('data-session="no"', 'data-session="yes"') if has_session else text
                self._assets[path.name, has_session] = Asset.of(shown.encode(), content_type="text/html")

    def answer(self, request: web.Request, name: str, *, status: int = 200) -> web.StreamResponse:
        asset = self._assets[name, _SESSION_COOKIE in request.cookies]
        return _answer(request, asset, headers=self._headers, status=status)


def content_security_policy(import_map_digest: str) -> str:
    """Nothing but our own files, no inline code but the import map, and no string that becomes code."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'sha256-{import_map_digest}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _answer(
    request: web.Request, asset: Asset, *, headers: Mapping[str, str], status: int = 200
) -> web.StreamResponse:
    response = web.Response(status=status, headers=headers, content_type=asset.content_type)
    response.headers["Cache-Control"] = asset.cache_control
    if asset.content_type.startswith("text/"):
        response.charset = "utf-8"
    if status == 200:
        # Weak: the packed and the plain form share it.
        response.headers["ETag"] = f'W/"{asset.etag}"'
        known = request.if_none_match or ()
        if any(tag.value in (asset.etag, "*") for tag in known):
            response.set_status(304)
            return response
    if _takes_gzip(request):
        response.headers["Content-Encoding"] = "gzip"
        response.body = asset.packed
    else:
        response.body = asset.body
    return response


def _takes_gzip(request: web.Request) -> bool:
    offers = request.headers.get("Accept-Encoding", "").replace(" ", "").lower().split(",")
    return any(offer == "gzip" or _GZIP_WANTED.fullmatch(offer) for offer in offers)


def _own_files(folder: Path) -> dict[str, Asset]:
    paths = [*folder.glob("*.css"), *folder.glob("*.svg"), *(folder / "js").rglob("*.js")]
    return {
        f"/static/{path.relative_to(folder).as_posix()}": Asset.of(
            path.read_bytes(), content_type=_CONTENT_TYPES[path.suffix]
        )
        for path in paths
    }


def _doc_files(folder: Path) -> dict[str, Asset]:
    return {
        f"/static/docs/{name}": Asset.of(
            (folder / name).read_bytes(), content_type=_CONTENT_TYPES[Path(name).suffix]
        )
        for name in _PUBLIC_DOCS
    }


def _vendor_files(node_modules: Path, versions: Mapping[str, str]) -> dict[str, Asset]:
    files: dict[str, Asset] = {}
    for package, name in (*_IMPORTS.values(), *_STYLES):
        path = node_modules / package / name
        if not path.is_file():
            raise StaticFilesMissingError(f"{path} is missing: run `make setup`")
        files[f"/vendor/{package}@{versions[package]}/{name}"] = Asset.of(
            # The source map is not served, so a browser need not look for it.
            re.sub(rb"\n//# sourceMappingURL=\S+\s*$", b"\n", path.read_bytes()),
            content_type=_CONTENT_TYPES[path.suffix],
            cache_control="public, max-age=31536000, immutable",
        )
    return files


def _installed_versions(node_modules: Path) -> dict[str, str]:
    versions: dict[str, str] = {}
    for package, _ in (*_IMPORTS.values(), *_STYLES):
        try:
            described = json.loads((node_modules / package / "package.json").read_bytes())
        except FileNotFoundError:
            raise StaticFilesMissingError(f"{node_modules / package} is missing: run `make setup`") from None
        versions[package] = str(described["version"])
    return versions


def _import_map(versions: Mapping[str, str]) -> str:
    imports = {
        name: f"/vendor/{package}@{versions[package]}/{path}" for name, (package, path) in _IMPORTS.items()
    }
    return json.dumps({"imports": imports}, separators=(",", ":"))


def _with_versions(text: str, versions: Mapping[str, str]) -> str:
    """A page names a package's file as `/vendor/PACKAGE@installed/…`."""
    for package, version in versions.items():
        text = text.replace(f"/vendor/{package}@installed/", f"/vendor/{package}@{version}/")
    return text
