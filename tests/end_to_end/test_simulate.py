"""`casino simulate`: what it reports, that a seed repeats it, and what it says to a wrong call."""

import asyncio

import pytest

from tests.end_to_end.house import command

PER_BET = {"ev", "standard_error", "house_edge", "standard_deviation"}
SHARES = {"win", "lose", "push", "dealer_bust"}
PER_ROUND = {"blackjack", "surrender", "doubles", "splits", "hands"}


async def test_the_same_seed_gives_the_same_report_from_any_number_of_processes() -> None:
    call = ("simulate", "--rounds", "45000", "--seed", "seven", "--json")

    alone, together = await asyncio.gather(
        command(*call, "--processes", "1"), command(*call, "--processes", "2")
    )

    assert (alone.code, together.code) == (0, 0)
    assert together.report == alone.report
    report = alone.report
    assert set(report) == {"rounds", "seed", "rules", "published"} | PER_BET | SHARES | PER_ROUND
    assert (report["rounds"], report["seed"], report["house_edge"]) == (45_000, "seven", -report["ev"])
    assert report["win"] + report["lose"] + report["push"] == pytest.approx(1)
    assert report["hands"] == pytest.approx(1 + report["splits"])
    # By counting: 4.749 of a hundred hands from six decks are naturals.
    assert report["blackjack"] == pytest.approx(0.04749, abs=0.004)
    assert abs(report["house_edge"] - report["published"]["house_edge"]) < 5 * report["standard_error"]


async def test_rules_are_given_as_an_object_or_by_name() -> None:
    call = ("simulate", "--rounds", "1000", "--json", "--processes", "1", "--rules")

    by_name, as_object, other = await asyncio.gather(
        command(*call, "european"),
        command(*call, '{"decks": 1, "surrender": "none"}'),
        command("simulate", "--rounds", "1000", "--processes", "1"),
    )

    assert by_name.report["rules"]["dealer_peeks"] is False
    assert (as_object.report["rules"]["decks"], as_object.report["rules"]["surrender"]) == (1, "none")
    assert as_object.report["published"]["source"].startswith("John A. Nairn")
    assert other.code == 0
    assert "house edge" in other.out
    assert "published: about 0.3400%" in other.out


async def test_a_wrong_call_says_what_is_wrong_and_exits_2() -> None:
    field, name, text, none = await asyncio.gather(
        command("simulate", "--rules", '{"decks": 9}'),
        command("simulate", "--rules", "atlantis"),
        command("simulate", "--rules", '{"decks": '),
        command("simulate", "--rounds", "0"),
    )

    assert [each.code for each in (field, name, text, none)] == [2, 2, 2, 2]
    assert "(decks)" in field.err
    assert "there is no preset 'atlantis'; there are house, " in name.err
    assert text.err.startswith("casino: --rules: ")
    assert "--rounds" in none.err
