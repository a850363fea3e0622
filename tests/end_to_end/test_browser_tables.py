"""Operators make and change tables in a real browser, and players see it."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.end_to_end.browsing import SIZES, Visitor, flaws, visit
from tests.end_to_end.house import House


async def at_the_tables(visitor: Visitor, house: House) -> Page:
    """Sign an operator in and go to the tables."""
    await visitor.sign_in_operator(house)
    await visitor.online()
    await visitor.open("/admin/tables")
    await expect(visitor.page.get_by_role("heading", level=1, name="Tables")).to_be_visible()
    return visitor.page


async def agree(page: Page, action: str) -> None:
    """Say yes in the dialog."""
    await page.get_by_role("dialog").get_by_role("button", name=action).click()


async def table_as_run(house: House, table_id: str) -> Any:
    """The table as the server has it for operators."""
    items = (await house.admin.get("/api/admin/tables"))["items"]
    return next(item for item in items if item["table_id"] == table_id)


async def test_an_operator_makes_a_table_from_a_preset_and_players_find_it(
    browser: Browser, open_casino: House
) -> None:
    async with visit(browser, open_casino) as player, visit(browser, open_casino) as operator:
        await player.open("/")
        await expect(player.page.get_by_text("No table is open at the moment.")).to_be_visible()
        page = await at_the_tables(operator, open_casino)
        await page.get_by_role("button", name="New table").click()
        await page.get_by_label("Name", exact=True).fill("Casino Estoril")
        await page.get_by_label("Id", exact=True).fill("estoril-1")
        await page.get_by_label("Preset", exact=True).select_option("European")
        await expect(page.get_by_label("Hole card", exact=True)).to_have_value("none until all have played")
        await page.get_by_label("Lowest bet", exact=True).fill("2.50")
        await page.get_by_role("button", name="Make the table").click()
        await expect(page.get_by_role("dialog")).to_contain_text("European, 5 seats, bets from 2.50 to 100.")
        await agree(page, "Open the table")

        await expect(page.get_by_role("heading", name="Casino Estoril")).to_be_visible()
        card = player.page.get_by_role("listitem").filter(has_text="Casino Estoril")
        await expect(card).to_contain_text("European")
        await expect(card).to_contain_text("2.50 – 100")
        await expect(card).to_contain_text("no hole card")
        made = await table_as_run(open_casino, "estoril-1")
        assert (made["preset"]["name"], made["min_bet"], made["seats"]) == ("european", 250, 5)
        await card.get_by_role("link", name="Casino Estoril", exact=True).click()
        rules = player.page.get_by_role("region", name="Rules: European")
        await expect(rules).to_contain_text("hard 9, 10 and 11, after a split too")
        assert player.problems == operator.problems == []


WRONG = (
    ("Id", "Main 1", "table_id"),
    ("Lowest bet", "a lot", "min_bet"),
    ("Highest bet", "0.50", "max_bet"),
    ("Seats", "8", "seats"),
    ("A turn, seconds", "0.05", "turn_ms"),
    ("Cut card, in percent", "95", "rules.penetration"),
)


async def test_a_wrong_value_is_shown_at_its_field_and_makes_no_table(
    browser: Browser, open_casino: House
) -> None:
    async with visit(browser, open_casino) as operator:
        page = await at_the_tables(operator, open_casino)
        await page.get_by_role("button", name="New table").click()
        await page.get_by_label("Name", exact=True).fill("Main Street")
        await page.get_by_label("Id", exact=True).fill("main-1")
        for label, value, field in WRONG:
            control = page.get_by_label(label, exact=True)
            before = await control.input_value()
            await control.fill(value)
            await page.get_by_role("button", name="Make the table").click()
            async with page.expect_response("**/api/admin/tables") as answered:
                await agree(page, "Open the table")

            refusal = (await (await answered.value).json())["error"]
            assert (refusal["code"], refusal["field"]) == ("invalid_payload", field)
            await expect(control).to_have_attribute("aria-invalid", "true")
            await expect(control).to_be_focused()
            await expect(control).to_have_accessible_description(re.compile("^Not possible"))
            await expect(page.locator('[aria-invalid="true"]')).to_have_count(1)
            await control.fill(before)
        assert await open_casino.value("SELECT count(*) FROM tables") == 0


async def test_a_change_says_what_it_does_and_waits_for_the_next_round(
    browser: Browser, open_casino: House
) -> None:
    table_id = await open_casino.table(preset="vegas-strip")
    async with visit(browser, open_casino) as operator:
        page = await at_the_tables(operator, open_casino)
        await page.get_by_role("button", name="Test", exact=True).click()
        await page.get_by_role("button", name="Change", exact=True).click()
        await expect(page.get_by_text("holds from the next round on")).to_be_visible()
        await page.get_by_label("Seats", exact=True).fill("3")
        await page.get_by_label("Decks", exact=True).select_option("6")
        await page.get_by_role("button", name="Change the table").click()
        asked = page.get_by_role("dialog")
        await expect(asked).to_contain_text("2 changes from the next round on: Seats: 5 → 3; Decks: 4 → 6.")
        await agree(page, "Change the table")

        await expect(page.get_by_role("region", name="Notices")).to_contain_text(
            "Test changes with its next round."
        )
        changed = await table_as_run(open_casino, table_id)
        assert (changed["seats"], changed["rules"]["decks"], changed["rules"]["surrender"]) == (3, 6, "none")
        (action, *_) = (await open_casino.admin.get("/api/admin/actions"))["items"]
        assert action["action"] == "change_table"
        assert action["facts"] == {"seats": 3, "preset": "vegas-strip", "rules": {"decks": 6}}
        assert operator.problems == []


async def test_a_player_is_sent_away_and_a_round_is_voided_for_a_reason(
    browser: Browser, open_casino: House
) -> None:
    table_id = await open_casino.table()
    guest = await open_casino.guest()
    async with open_casino.client(guest) as client, visit(browser, open_casino) as operator:
        await client.do("take_seat", table_id=table_id, seat=2)
        await client.do("place_bet", table_id=table_id, amount=1_000)
        page = await at_the_tables(operator, open_casino)
        await page.get_by_role("button", name="Test", exact=True).click()
        await page.get_by_role("button", name="Void the round").click()
        await page.get_by_label("Reason", exact=True).fill("a card fell")
        await agree(page, "Void the round")
        await expect(page.get_by_role("region", name="Notices")).to_contain_text("The round is voided")
        assert (await open_casino.api(guest).get("/api/me"))["balance"] == 100_000

        await page.get_by_role("button", name=re.compile("^Send away")).click()
        await page.get_by_label("Reason", exact=True).fill("sleeps")
        await agree(page, "Send away")
        await expect(page.get_by_text("Nobody sits here.")).to_be_visible()
        facts = [
            (item["action"], item["facts"]["reason"])
            for item in (await open_casino.admin.get("/api/admin/actions"))["items"]
            if item["action"] in ("void_round", "kick_player")
        ]
        assert facts == [("kick_player", "sleeps"), ("void_round", "a card fell")]
        assert operator.problems == []


async def test_a_table_closes_and_opens_when_the_operator_says_yes(
    browser: Browser, open_casino: House
) -> None:
    table_id = await open_casino.table()
    async with visit(browser, open_casino) as operator:
        page = await at_the_tables(operator, open_casino)
        await page.get_by_role("button", name="Test", exact=True).click()
        await page.get_by_role("button", name="Close", exact=True).click()
        await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        assert (await table_as_run(open_casino, table_id))["phase"] == "waiting"
        for act, after in (("Close", "Open"), ("Open", "Close")):
            await page.get_by_role("button", name=act, exact=True).click()
            await page.get_by_role("dialog").get_by_role("button", name=act, exact=True).last.click()
            await expect(page.get_by_role("button", name=after, exact=True)).to_be_visible()
        assert operator.problems == []


CRAMPED = """() => [...document.querySelectorAll(".set-up .field, .preset-note")]
  .filter((each) => each.scrollWidth > each.clientWidth || each.clientWidth < 150).length"""


@pytest.mark.parametrize("size", [*SIZES, (900, 700), (320, 568)])
async def test_every_part_of_the_tables_page_is_accessible_and_fits(
    browser: Browser, open_casino: House, size: tuple[int, int]
) -> None:
    await open_casino.table()
    async with visit(browser, open_casino, size=size, reduced_motion=True) as operator:
        page = await at_the_tables(operator, open_casino)
        found = {"the list": await flaws(page)}
        await page.get_by_role("button", name="Test", exact=True).click()
        await expect(page.get_by_text("Nobody sits here.")).to_be_visible()
        found["a table"] = await flaws(page)
        await page.get_by_role("button", name="Change", exact=True).click()
        found["the form"] = await flaws(page)
        assert await page.evaluate(CRAMPED) == 0
        await page.get_by_label("Highest bet", exact=True).fill("0.50")
        await page.get_by_role("button", name="Change the table").click()
        found["the question"] = await flaws(page)
        await agree(page, "Change the table")
        await expect(page.locator('[aria-invalid="true"]')).to_be_visible()
        found["the refusal"] = await flaws(page)
    assert {part: [] for part in found} == found
