"""One signed read over HTTP: what its signature says, and to whom."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest


def name_of(reading: Any, role: str) -> str:
    trial = reading.get(f"/v1/trials/{reading.trial.id}", "TRIAL_MANAGER").json()
    return f"{role} of {trial['name']}"


@pytest.mark.requirement("R7")
def test_a_signature_has_a_name_a_meaning_an_instant_and_the_hash_of_what_was_signed(
    reading: Any, baseline: Any
) -> None:
    before = datetime.now(UTC)
    read = reading.signed(baseline())
    told = reading.get(f"/v1/reads/{read}").json()
    assert (told["signer"], told["meaning"]) == (name_of(reading, "READER_1"), "READ")
    assert told["signed_at"].endswith("Z")
    assert before <= datetime.fromisoformat(told["signed_at"]) <= datetime.now(UTC)
    content = (
        '{"findings":{"T1":{"longest_mm":50.0,"state":"MEASURED"}},'
        '"lesions":{"T1":{"organ":"liver","role":"TARGET"}},"on":"2024-01-01"}'
    )
    assert told["sha256"] == sha256(content.encode()).hexdigest()
    assert (told["subject_id"], told["replaced_by"]) == (reading.subject, None)


@pytest.mark.requirement("R7", "R8")
def test_a_correction_and_what_it_replaced_name_each_other(reading: Any, baseline: Any) -> None:
    first = reading.signed(baseline())
    second = reading.signed(baseline(mm=40, replaces=first, reason="wrong slice"))
    old, new = (reading.get(f"/v1/reads/{read}").json() for read in (first, second))
    assert (old["replaced_by"], old["findings"]["T1"]["longest_mm"]) == (second, 50)
    assert (new["replaces"], new["reason"], new["replaced_by"]) == (first, "wrong slice", None)


@pytest.mark.requirement("R7")
def test_a_full_name_stands_beside_the_signature(reading: Any, baseline: Any) -> None:
    """Where there is none, the name that the principal is known by does."""
    read = reading.signed(baseline())
    (event,) = reading.told("read")
    assert event["record_id"] == read
    assert event["new"]["signer"] == name_of(reading, "READER_1")
    assert event["new"]["meaning"] == "READ"


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("role", ["READER_2", "ADJUDICATOR"])
def test_who_is_blinded_finds_no_read_of_another(reading: Any, baseline: Any, role: str) -> None:
    read = reading.signed(baseline())
    theirs = reading.get(f"/v1/reads/{read}", role)
    absent = reading.get(f"/v1/reads/{'0' * 32}", role)
    assert (theirs.status_code, absent.status_code) == (404, 404)
    for body in (theirs.json(), absent.json()):
        assert body["detail"] == "There is no such read, or it is not yours. Check its id."


def test_an_adjudicator_sees_the_reads_that_it_compares_and_no_name(
    reading: Any, baseline: Any
) -> None:
    reads = [reading.signed(baseline(), role) for role in ("READER_1", "READER_2")]
    for read in reads:
        answer = reading.get(f"/v1/reads/{read}", "ADJUDICATOR")
        assert answer.status_code == 200
        assert "signer" not in answer.json()
        assert name_of(reading, answer.json()["reader"]) not in answer.text


def test_names_are_told_to_who_oversees_and_to_the_reader_its_own(
    reading: Any, baseline: Any
) -> None:
    roles = ("READER_1", "READER_2")
    for role in roles:
        reading.signed(baseline(), role)
    timeline = reading.at("timeline")

    def signers(role: str) -> dict[str, str | None]:
        readers = reading.get(timeline, role).json()["readers"]
        return {each["reader"]: each["reads"][0].get("signer") for each in readers}

    assert signers("READER_1") == {"READER_1": name_of(reading, "READER_1")}
    assert signers("TRIAL_MANAGER") == {role: name_of(reading, role) for role in roles}
    assert signers("ADJUDICATOR") == dict.fromkeys(roles)


def test_a_read_of_another_trial_is_none(reading: Any, baseline: Any, new_trial: Any) -> None:
    read = reading.signed(baseline())
    stranger = new_trial()
    for role in ("READER_1", "TRIAL_MANAGER", "ADJUDICATOR"):
        assert stranger.client(role).get(f"/v1/reads/{read}").status_code == 404
    assert stranger.client("WORKSTATION").get(f"/v1/reads/{read}").status_code == 403
