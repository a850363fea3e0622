"""Commitments, seeds and verification in a real browser."""

import hashlib
import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.end_to_end.browsing import SIZES, flaws, visit
from tests.end_to_end.clients import connected
from tests.end_to_end.house import House
from tests.end_to_end.play import Wish, play_until, sit

ONE_DECK = {"decks": 1, "penetration": 0.5}
MATCHES = "This round matches"
HEX = re.compile(r"[0-9a-f]{32}")


async def play_a_shoe(house: House, table_id: str) -> str:
    """Play until the shoe is finished; gives one of its rounds."""
    wish = Wish(missing={"nothing"})
    async with connected(house.url, await house.guest()) as client:
        await sit(client, table_id)
        number = client.view(table_id)["shoe_number"]
        await play_until(client, table_id, wish, lambda view: view["shoe_number"] > number)
        await client.do("leave_seat", table_id=table_id)
    return wish.rounds[0]


async def says(page: Page, sentence: str) -> None:
    """Wait until the verification has come to this."""
    await expect(page.locator(".verdict-line")).to_contain_text(sentence)


@pytest.mark.parametrize("size", SIZES)
async def test_a_round_says_that_it_matches_the_commitment_that_was_shown_before_the_bet(
    browser: Browser, open_casino: House, size: tuple[int, int]
) -> None:
    table_id = await open_casino.table(rules=ONE_DECK)
    async with visit(browser, open_casino, size=size) as guest:
        page = guest.page
        await guest.become_guest()
        await guest.open("/fairness")
        shown = page.get_by_role("region", name="Commitments").locator(".hex")
        await expect(shown).to_have_count(2)
        promised = await shown.first.inner_text()

        round_id = await play_a_shoe(open_casino, table_id)

        await guest.open(f"/history/{round_id}")
        proof = page.get_by_role("region", name="The shoe")
        await expect(proof.locator("dd > .hex")).to_have_count(2)
        commitment, seed = await proof.locator("dd > .hex").all_inner_texts()
        assert promised == commitment == hashlib.sha256(bytes.fromhex(seed)).hexdigest()
        await page.get_by_role("button", name="Verify").click()
        await says(page, MATCHES)
        await expect(page.locator(".checks .good")).to_have_count(8)
        assert await flaws(page) == []
        assert guest.problems == []


async def test_a_record_matches_no_more_after_one_changed_character(
    browser: Browser, open_casino: House
) -> None:
    round_id = await play_a_shoe(open_casino, await open_casino.table(rules=ONE_DECK))
    async with visit(browser, open_casino) as guest:
        page = guest.page
        await guest.become_guest()
        await guest.open("/fairness")
        section = page.get_by_role("region", name="Verify a round")
        await section.get_by_label("Round").fill(f"{guest.url}/history/{round_id}")
        await section.get_by_role("button", name="Open").click()
        record = section.get_by_label("Record")
        await expect(record).to_have_value(re.compile(round_id))
        text = await record.input_value()
        verify = section.get_by_role("button", name="Verify")
        await verify.click()
        await says(page, MATCHES)

        (seed,) = re.findall(r'"server_seed": "(.)', text)
        await record.fill(
            text.replace(f'"server_seed": "{seed}', f'"server_seed": "{"1" if seed == "0" else "0"}')
        )
        await verify.click()
        await says(page, "This round does not match: commitment.")
        (payout,) = re.findall(r'"payout": (\d)', text)[:1]
        await record.fill(text.replace(f'"payout": {payout}', f'"payout": {(int(payout) + 1) % 10}', 1))
        await verify.click()
        await says(page, "This round does not match: payouts.")
        await record.fill(text[1:])
        await verify.click()
        await expect(section.get_by_role("alert").filter(has_text="This is no JSON.")).to_be_visible()
        assert await flaws(page) == []
        assert guest.problems == []


async def test_a_round_of_a_shoe_in_play_says_that_it_is_not_revealed_yet(
    browser: Browser, open_casino: House
) -> None:
    table_id = await open_casino.table()
    wish = Wish(missing={"nothing"})
    async with open_casino.client(await open_casino.guest()) as client:
        await sit(client, table_id)
        view = await play_until(client, table_id, wish, lambda view: view["phase"] == "settled")
    async with visit(browser, open_casino) as guest:
        await guest.open(f"/history/{view['round_id']}")
        await guest.page.get_by_role("button", name="Verify").click()
        await says(guest.page, "The shoe is not revealed yet.")


async def test_a_seated_player_gives_a_fresh_seed_for_every_shoe(
    browser: Browser, open_casino: House
) -> None:
    table_id = await open_casino.table()
    given = "SELECT count(*) = $1 FROM journal WHERE command = 'set_client_seed'"
    async with visit(browser, open_casino) as guest:
        await guest.open("/")
        await guest.page.get_by_role("button", name="Sit down").click()
        await open_casino.until_true(given, 1)

        await open_casino.admin.post(f"/api/admin/tables/{table_id}/void", reason="the next shoe, please")
        await open_casino.until_true(given, 2)

        table = await open_casino.admin.get(f"/api/tables/{table_id}")
        shoe = await open_casino.admin.get(f"/api/shoes/{table['commitment']}")
        (seed,) = (each for each in shoe["client_seeds"] if each)
        assert (shoe["shoe_number"], bool(HEX.fullmatch(seed))) == (2, True)
        await guest.open("/fairness")
        own = guest.page.get_by_role("region", name="Your own seed").locator("dd")
        await expect(own).to_contain_text("for shoe 3")
        assert seed not in await own.inner_text()


async def test_the_scheme_and_its_vectors_are_a_click_away(browser: Browser, open_casino: House) -> None:
    async with visit(browser, open_casino) as visitor:
        await visitor.open("/fairness")
        await visitor.page.get_by_role("link", name="The scheme byte by byte").click()
        await expect(visitor.page.locator("body")).to_contain_text("moes-casino/shoe/1")
        vectors = await visitor.page.request.get(f"{visitor.url}/static/docs/fairness-vectors.json")
        assert (await vectors.json())["scheme"] == "moes-casino/shoe/1"
