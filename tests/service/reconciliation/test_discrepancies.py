"""Differences with the numbers side by side, for the whole and for each compartment."""

from collections.abc import Callable
from typing import Any

Reading = Callable[..., Any]


def differences(case: Any, variable: str) -> list[Any]:
    found = case.get("ADJUDICATOR", "discrepancies")["items"]
    return [each for each in found if each["variable"] == variable]


def test_sums_changes_and_rules_stand_beside_a_response(reading: Reading) -> None:
    case = reading()
    case.sign_all("READER_1", 50, 35)
    case.sign_all("READER_2", 40, 50)
    (found,) = differences(case, "OVERALL")
    one, other = found["values"]
    assert (one["reader"], one["value"]) == ("READER_1", "PR")
    rules = one["beside"].pop("because")
    assert one["beside"] == {
        "sum": 35,
        "unit": "mm",
        "nadir": 50,
        "change_from_baseline_percent": -30,
        "change_from_nadir_percent": -30,
    }
    assert rules[0]["rule"] == "recist-1.1/4.3.1-PR"
    assert (other["value"], other["beside"]["sum"]) == ("PD", 50)
    assert other["beside"]["change_from_nadir_percent"] == 25


def test_what_stands_behind_no_time_point_has_nothing_beside_it(reading: Reading) -> None:
    case = reading()
    case.sign("READER_1", 0, 50)
    case.sign("READER_2", 0, 50, lesions={"T1": {"role": "TARGET", "organ": "lung"}})
    (found,) = case.get("ADJUDICATOR", "discrepancies")["items"]
    assert found["values"] == [
        {"reader": "READER_1", "value": "liver"},
        {"reader": "READER_2", "value": "lung"},
    ]


def test_other_series_are_a_difference_where_both_name_theirs(reading: Reading) -> None:
    case = reading(adjudicate_on=["SERIES"])

    def on(uid: str | None) -> dict[str, Any]:
        finding: dict[str, Any] = {"state": "MEASURED", "longest_mm": 50}
        return {"T1": finding | ({"evidence": {"series_uid": uid}} if uid else {})}

    for n, (one, other) in enumerate((("1.2.3", "1.2.3"), ("1.2.3", None), ("1.2.3", "1.2.4"))):
        case.sign("READER_1", n, 50, findings=on(one))
        case.sign("READER_2", n, 50, findings=on(other))
    (found,) = differences(case, "SERIES")
    assert (found["timepoint"], found["compartment"], found["adjudicated"]) == (2, None, True)
    assert [each["value"] for each in found["values"]] == ["1.2.3", "1.2.4"]
    assert case.get("TRIAL_MANAGER")["accepted"] is None


def test_numbers_of_a_compartment_are_its_own(reading: Reading) -> None:
    case = reading(compartments=["primary", "distant"], adjudicate_on=["OVERALL"])
    lesions = {
        "P": {"role": "TARGET", "compartment": "primary"},
        "M": {"role": "TARGET", "compartment": "distant"},
    }

    def sizes(p: float, m: float) -> dict[str, Any]:
        both = {"P": p, "M": m}
        return {name: {"state": "MEASURED", "longest_mm": mm} for name, mm in both.items()}

    for role, distant in (("READER_1", 20), ("READER_2", 80)):
        case.sign(role, 0, 0, lesions=lesions, findings=sizes(100, 100))
        case.sign(role, 1, 0, findings=sizes(50, distant))
    (found,) = differences(case, "OVERALL")
    assert (found["compartment"], found["adjudicated"]) == ("distant", True)
    assert [each["beside"]["sum"] for each in found["values"]] == [20, 80]
    assert case.decide("READER_2", cause="MEASUREMENT").status_code == 201
    accepted = case.get("TRIAL_MANAGER")["accepted"]
    assert accepted["assessment"]["compartments"]["distant"]["timepoints"][0]["sum"] == 80
