"""A real browser on a real house: who visits, and what is looked at on every page."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response, async_playwright, expect

from tests.end_to_end.house import PASSWORD, House

SIZES = ((1280, 760), (375, 667))
SOON_MS = 20_000

expect.set_options(timeout=SOON_MS)


@dataclass
class Visitor:
    """A browser window with nothing in it yet, and all that went wrong in it."""

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(SOON_MS)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("response", self._on_response)
        self.page.on("request", self._on_request)

    async def open(self, path: str) -> None:
        """Go to one of the product's addresses."""
        await self.page.goto(f"{self.url}{path}")

    async def become_guest(self) -> None:
        """One click in the lobby."""
        await self.open("/")
        await self.page.get_by_role("button", name="Play now as a guest").click()
        await self.online()

    async def sign_in_operator(self, house: House) -> None:
        """The admin page's own form."""
        name = (await house.admin.get("/api/me"))["user"]["name"]
        await self.open("/admin")
        await self.page.get_by_label("Name").fill(name)
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Sign in").click()

    async def online(self) -> None:
        """Wait until the socket is welcomed."""
        await expect(self.page.locator(".connection.online")).to_be_visible()

    def _on_console(self, message: ConsoleMessage) -> None:
        # The policy's violations are told here too.
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.problems.append(f"left the origin: {request.url}")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium without its own calls to the network."""
    program = shutil.which("chromium")
    assert program is not None, "the browser tests need Debian's package 'chromium'"
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        yield running
        await running.close()


@asynccontextmanager
async def visit(
    browser: Browser, house: House, *, size: tuple[int, int] = SIZES[0], reduced_motion: bool = False
) -> AsyncIterator[Visitor]:
    """A visitor with cookies of its own."""
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        reduced_motion="reduce" if reduced_motion else "no-preference",
    )
    yield Visitor(await context.new_page(), house.url)
    await context.close()


async def flaws(page: Page) -> list[str]:
    """What is wrong with a page as it stands: what axe finds serious or critical, headings, width."""
    found = (await Axe().run(page)).response["violations"]
    wrong = [f"{each['id']}: {each['help']}" for each in found if each["impact"] in ("serious", "critical")]
    headings = await page.get_by_role("heading", level=1).count()
    if headings != 1:
        wrong.append(f"{headings} main headings")
    excess = int(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))
    return [*wrong, f"{excess} px too wide"] if excess else wrong


async def look_at(visitor: Visitor, path: str) -> list[str]:
    """The flaws of a page once it is there and live."""
    await visitor.open(path)
    await visitor.online()
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_count(1)
    return await flaws(visitor.page)
