"""The pages in a real browser on real processes: a hand, a dividend, the cockpit, and nothing amiss."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.end_to_end.browsing import SIZES, look_at, visit
from tests.end_to_end.house import House

PAUSE_MS = 5_000  # long enough for the browser to show how a round ended
RESULT = re.compile(r"^(You win|You lose|You surrendered|Push|Bust|Blackjack)")
PLAYER_PAGES = ("/", "/tables/test-1", "/syndicate", "/history", "/fairness", "/account")
ADMIN_PAGES = ("/admin", "/admin/payouts", "/admin/tables", "/admin/actions")


async def play_to_the_end(page: Page) -> str:
    """Stand on everything, by keyboard, until the round is settled: what the felt says then."""
    stand = page.locator(".stand:enabled")
    no_insurance = page.get_by_role("button", name="No insurance")
    result = page.locator(".felt-message").filter(has_text=RESULT)
    while True:
        await expect(stand.or_(no_insurance).or_(result).first).to_be_visible()
        if await result.count():
            return await result.inner_text()
        await page.keyboard.press("n" if await no_insurance.count() else "s")


@pytest.mark.parametrize("size", SIZES)
async def test_a_guest_plays_a_hand_by_keyboard_within_a_few_clicks(
    browser: Browser, open_casino: House, size: tuple[int, int]
) -> None:
    await open_casino.table(pause_ms=PAUSE_MS)
    async with visit(browser, open_casino, size=size) as guest:
        page = guest.page
        await guest.open("/")
        await page.get_by_role("button", name="Sit down").click()
        await expect(page.locator(".seat.mine")).to_be_visible()
        await expect(page.locator(".balance")).to_contain_text("1,000")

        await page.keyboard.press("1")
        await page.keyboard.press("1")
        await expect(page.get_by_role("button", name="Place 2")).to_be_enabled()
        await page.keyboard.press("b")
        result = await play_to_the_end(page)

        settled = (await (await page.request.get(f"{guest.url}/api/me")).json())["balance"]
        await expect(page.locator(".balance b")).to_have_text(_money(settled))
        assert (settled > 100_000) == result.startswith(("You win", "Blackjack"))
        assert guest.problems == []


def _money(cents: int) -> str:
    return f"{cents // 100:,}" if cents % 100 == 0 else f"{cents / 100:,.2f}"


async def test_a_double_click_on_the_spot_bets_once(browser: Browser, open_casino: House) -> None:
    await open_casino.table(pause_ms=PAUSE_MS)
    async with visit(browser, open_casino) as guest:
        page = guest.page
        await guest.open("/")
        await page.get_by_role("button", name="Sit down").click()
        await page.get_by_role("button", name="Add 1 to the bet").click()

        await page.locator(".spot").dblclick()

        await play_to_the_end(page)
        bets = await open_casino.value("SELECT count(*) FROM transfers WHERE reason = 'bet'")
        assert bets == 1


async def test_the_hole_card_stays_hidden_until_the_dealer_shows_it(
    browser: Browser, open_casino: House
) -> None:
    await open_casino.table(pause_ms=PAUSE_MS)
    async with visit(browser, open_casino) as guest:
        page = guest.page
        frames: list[str] = []
        page.on(
            "websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame)))
        )
        await guest.open("/")
        await page.get_by_role("button", name="Sit down").click()
        await page.get_by_role("button", name="Add 1 to the bet").click()
        await page.get_by_role("button", name="Place 1").click()
        await play_to_the_end(page)

        during = [frame for frame in frames if re.search(r'"phase":"(playing|insurance)"', frame)]
        hands = [found[1] for frame in during if (found := re.search(r'"dealer":\{"cards":\[(.*?)\]', frame))]
        assert len(hands) == len(during)
        assert all(re.fullmatch(r'"..","\?\?"', hand) for hand in hands)


async def test_a_dividend_arrives_live_and_is_confirmed(browser: Browser, open_casino: House) -> None:
    owner = open_casino.api(await open_casino.guest())
    syndicate = await owner.post("/api/syndicates", name="North Pier", dividend_bps=2500)
    async with visit(browser, open_casino) as guest:
        page = guest.page
        await guest.become_guest()
        await page.get_by_role("link", name="Syndicate", exact=True).click()
        await page.get_by_role("button", name="Join North Pier").click()
        await page.get_by_label("Amount").fill("400")
        await page.get_by_role("button", name="Contribute").click()
        await expect(page.locator(".figures")).to_contain_text("40,000")

        await open_casino.command("payout", "run")

        await expect(page.locator(".toast.dividend")).to_contain_text(
            "North Pier paid you a dividend of 100."
        )
        await expect(page.locator(".arrival")).to_contain_text("+100")
        await expect(page.locator(".arrival")).to_contain_text("confirmed")
        await expect(page.locator(".balance b")).to_have_text("700")
        paid = (await owner.get(f"/api/syndicates/{syndicate['syndicate_id']}/payouts"))["items"]
        assert [(each["amount"], each["confirmed"]) for each in paid] == [(10_000, 1)]
        assert guest.problems == []


async def test_a_dividend_paid_while_the_page_was_shut_arrives_when_it_opens(
    browser: Browser, open_casino: House
) -> None:
    owner = open_casino.api(await open_casino.guest())
    await owner.post("/api/syndicates", name="North Pier", dividend_bps=2500)
    async with visit(browser, open_casino) as guest:
        await guest.become_guest()
        await guest.open("/syndicate")
        await guest.page.get_by_role("button", name="Join North Pier").click()
        await guest.page.get_by_label("Amount").fill("400")
        await guest.page.get_by_role("button", name="Contribute").click()
        await expect(guest.page.locator(".figures")).to_contain_text("40,000")
        await guest.page.goto("about:blank")
        await open_casino.command("payout", "run", "--watch")

        await guest.open("/")

        await expect(guest.page.locator(".toast.dividend")).to_contain_text("a dividend of 100.")
        await open_casino.until_true(
            "SELECT bool_or(confirmed_through > 0) FROM accounts WHERE dividend_seq > 0"
        )


async def test_a_killed_server_is_told_and_the_same_hand_goes_on(browser: Browser, house: House) -> None:
    await house.open()
    await house.table(pause_ms=PAUSE_MS)
    async with visit(browser, house) as guest:
        page = guest.page
        await guest.open("/")
        await page.get_by_role("button", name="Sit down").click()
        await page.get_by_role("button", name="Add 1 to the bet").click()
        await page.get_by_role("button", name="Place 1").click()
        await expect(page.locator(".seat.mine .card").nth(1)).to_be_visible()
        cards = page.locator(".seat.mine .card")
        before = await cards.evaluate_all("cards => cards.map(card => card.ariaLabel)")
        port = house.processes[0].port

        await house.processes[0].kill()
        await expect(page.locator(".banner.warn")).to_contain_text("Connection lost")
        await house.web(port=port)

        await expect(page.locator(".banner.warn")).to_have_count(0)
        await guest.online()
        after = await cards.evaluate_all("cards => cards.map(card => card.ariaLabel)")
        assert after[:2] == before[:2]


async def test_the_cockpit_shows_live_numbers_and_starts_a_run(browser: Browser, open_casino: House) -> None:
    owner = open_casino.api(await open_casino.guest())
    syndicate = await owner.post("/api/syndicates", name="North Pier", dividend_bps=2500)
    await owner.post(
        f"/api/syndicates/{syndicate['syndicate_id']}/contribute", amount=40_000, command_id="pay-in-0001"
    )
    async with visit(browser, open_casino) as operator:
        page = operator.page
        await operator.sign_in_operator(open_casino)
        await operator.online()

        await expect(page.locator('[data-tile="operations"] .tile-value')).to_have_text(re.compile(r"^\d"))
        await expect(page.locator('[data-tile="lag"] .tile-value')).to_have_text(re.compile(r"^\d.* m?s$"))
        await expect(page.get_by_role("button", name="http:POST /api/auth/login")).to_be_visible()
        processes = page.get_by_role("region", name="Processes").locator("tbody tr")
        await expect(processes).to_have_count(2)

        await page.get_by_role("button", name="Start a run").click()
        await expect(page.get_by_role("dialog")).to_contain_text("1 syndicate")
        await page.get_by_role("button", name="Pay now").click()

        run = page.get_by_role("region", name="Payout run")
        await expect(run).to_contain_text("1 of 1 syndicates")
        await expect(run).to_contain_text("completed")
        await expect(run).to_contain_text("100 paid")
        status = await open_casino.admin.get("/api/admin/payouts/status")
        assert (status["last_run"]["paid"], status["last_run"]["amount"]) == (1, 10_000)
        assert operator.problems == []


async def test_a_player_is_refused_the_admin_page(browser: Browser, open_casino: House) -> None:
    async with visit(browser, open_casino) as player:
        await player.become_guest()

        response = await player.page.goto(f"{open_casino.url}/admin")

        assert response is not None
        assert response.status == 403
        await expect(player.page.get_by_role("heading", level=1)).to_have_text("This door is for the staff")
        await expect(player.page.locator("script")).to_have_count(0)


async def test_every_page_is_accessible_and_fits(browser: Browser, open_casino: House) -> None:
    await open_casino.table(pause_ms=PAUSE_MS)
    found: dict[tuple[str, int], object] = {}
    for width, height in (*SIZES, (320, 568)):
        async with visit(browser, open_casino, size=(width, height), reduced_motion=True) as visitor:
            await visitor.become_guest()
            for path in PLAYER_PAGES:
                found[path, width] = await look_at(visitor, path)
            await visitor.page.context.clear_cookies()
            await visitor.sign_in_operator(open_casino)
            await visitor.online()
            for path in ADMIN_PAGES:
                found[path, width] = await look_at(visitor, path)
            assert visitor.problems == []

    assert {page: [] for page in found} == found
