"""The growth table: rate, time and memory for each tenth of what arrived."""

from scripts.devtools.soak.soak_growth import MemorySample, growth

MB = 1024 * 1024


def test_each_tenth_has_its_own_rate_and_time() -> None:
    """A pipeline that slows down as the count grows shows it, and so does one that swells."""
    steady = [MemorySample(float(second), 0, second * 10, second, (400 + second) * MB) for second in range(11)]
    rows = growth(steady)
    assert len(rows) == 10
    assert {(row["rate"], row["ms_per_message"], row["kills"]) for row in rows} == {(10.0, 100.0, 1)}
    assert [row["megabytes"] for row in rows] == list(range(401, 411))
    slower = growth([*steady, MemorySample(20.0, 0, 200, 10, 500 * MB), MemorySample(120.0, 0, 300, 10, 600 * MB)])
    assert [row["rate"] for row in slower][-1] == 1.0
    assert slower[-1] == {"arrived": 300, "rate": 1.0, "ms_per_message": 1000.0, "megabytes": 600, "kills": 0}


def test_nothing_that_arrived_is_no_table() -> None:
    """Neither without samples nor without messages is there anything to divide."""
    assert growth([]) == []
    assert growth([MemorySample(1.0, 5, 0, 0, MB), MemorySample(2.0, 9, 0, 0, MB)]) == []
