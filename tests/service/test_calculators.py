"""The calculator and the criteria over HTTP: the worked example of the contract, and bad input."""

from copy import deepcopy
from typing import Any

import pytest

TIMELINE: dict[str, Any] = {
    "criteria": "recist-1.1",
    "protocol": {"confirm": True, "confirm_min_days": 28},
    "reference_on": "2024-01-01",
    "reads": [
        {
            "on": "2024-01-01",
            "label": "Baseline",
            "lesions": {
                "T1": {"role": "TARGET", "organ": "liver", "compartment": "distant"},
                "T2": {
                    "role": "TARGET",
                    "organ": "lymph_node",
                    "nodal": True,
                    "compartment": "distant",
                },
                "NT1": {"role": "NON_TARGET", "organ": "bone", "compartment": "distant"},
            },
            "findings": {
                "T1": {"state": "MEASURED", "longest_mm": 60.0, "short_axis_mm": 41.5},
                "T2": {"state": "MEASURED", "longest_mm": 30.0, "short_axis_mm": 18.0},
                "NT1": {"state": "PRESENT"},
            },
        },
        {
            "on": "2024-02-26",
            "lesions": {"N1": {"role": "NEW", "organ": "lung", "compartment": "distant"}},
            "findings": {
                "T1": {"state": "MEASURED", "longest_mm": 42.0, "short_axis_mm": 30.0},
                "T2": {"state": "MEASURED", "short_axis_mm": 9.0},
                "NT1": {"state": "PRESENT"},
                "N1": {"state": "EQUIVOCAL"},
            },
        },
    ],
}


def test_what_generated_clients_send_changes_nothing(server) -> None:
    sent = deepcopy(TIMELINE)
    sent["protocol"] |= {"sd_min_days": None, "measure": None}
    sent["reads"][0]["pet"] = None
    sent["reads"][1]["findings"]["T1"] |= {"evidence": None, "fragments_mm": None}
    with server.client() as client:
        plain, with_nulls = (client.post("/v1/assess", json=t) for t in (TIMELINE, sent))
    assert (plain.status_code, plain.content) == (with_nulls.status_code, with_nulls.content)


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    timeline = deepcopy(TIMELINE)
    inside: Any = timeline
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = to
    return timeline


T1 = ("reads", 1, "findings", "T1")


@pytest.mark.parametrize(
    ("path", "to", "pointer"),
    [
        (("criteria",), "recist-9", "/criteria"),
        (("criteria",), 1.1, "/criteria"),
        (("protocol", "confirm"), "yes", "/protocol/confirm"),
        (("protocol", "patience"), 1, "/protocol/patience"),
        (("protocol", "measure"), "PRODUCT", "/protocol/measure"),
        (("reads", 1, "on"), "2024-01-01", "/reads/1/on"),
        (("reads", 1, "on"), "yesterday", "/reads/1/on"),
        (("reads", 1, "findings", "T/9"), {"state": "ABSENT"}, "/reads/1/findings/T~19"),
        ((*T1, "longest_mm"), -1, "/reads/1/findings/T1/longest_mm"),
        ((*T1, "longest_mm"), 0, "/reads/1/findings/T1/longest_mm"),
        ((*T1, "longest_mm"), 5000, "/reads/1/findings/T1/longest_mm"),
        ((*T1, "longest_mm"), "60", "/reads/1/findings/T1/longest_mm"),
        ((*T1, "state"), "Measured", "/reads/1/findings/T1/state"),
        ((*T1, "width_mm"), 1, "/reads/1/findings/T1/width_mm"),
    ],
)
def test_what_is_refused_is_named_by_its_place(
    server, path: tuple[str | int, ...], to: Any, pointer: str
) -> None:
    with server.client() as client:
        refused = client.post("/v1/assess", json=changed(*path, to=to))
    assert refused.status_code == 422, refused.text
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert pointer in refused.json()["detail"]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "1e999"])
def test_a_length_that_is_no_number_is_refused(server, word: str) -> None:
    body = (
        '{"criteria": "recist-1.1", "reads": [{"on": "2024-01-01", '
        '"lesions": {"T1": {"role": "TARGET"}}, '
        f'"findings": {{"T1": {{"state": "MEASURED", "longest_mm": {word}}}}}}}]}}'
    )
    with server.client() as client:
        headers = {"Content-Type": "application/json"}
        refused = client.post("/v1/assess", content=body, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/reads/0/findings/T1/longest_mm"


def test_the_criteria_are_there_in_words(server) -> None:
    with server.client() as client:
        page = client.get("/v1/criteria").json()
        assert page["next_cursor"] is None
        names = [criteria["name"] for criteria in page["items"]]
        assert {"zhu-2013", "recist-1.1"} <= set(names)
        for criteria in page["items"]:
            assert client.get(f"/v1/criteria/{criteria['name']}").json() == criteria
        absent = client.get("/v1/criteria/recist-9")
    assert (absent.status_code, absent.json()["type"]) == (404, "/problems/not-found")
    assert "recist-1.1" in absent.json()["detail"]
