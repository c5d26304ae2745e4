"""Whoever is not known cannot fill the audit trail, and what is left out is counted."""

from service.identity.strangers import MINUTE_SECONDS, MOST_A_MINUTE, Strangers


def test_so_many_a_minute_and_how_many_were_left_out() -> None:
    now = [100.0]
    strangers = Strangers(lambda: now[0])
    assert [strangers.admit() for _ in range(MOST_A_MINUTE)] == [{}] * MOST_A_MINUTE
    assert [strangers.admit() for _ in range(7)] == [None] * 7
    now[0] += MINUTE_SECONDS - 0.01
    assert strangers.admit() is None
    now[0] += 0.01
    assert strangers.admit() == {"left_out_before": 8}
    assert strangers.admit() == {}
