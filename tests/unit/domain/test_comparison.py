"""What texting did: intervals that hold what they promise, for a few hundred people."""

from __future__ import annotations

import math
import random

import pytest

from parley.comparison import (
    Estimate,
    Sample,
    combined,
    difference,
    dispersion_of,
    limits,
    share_of,
)

TRIALS = 1500
"""The coverage of this many trials is within 1.7 points of the true one, nineteen times in
twenty."""


def spent(
    chance: random.Random, people: int, *, buys: float, mean: float, sigma: float
) -> tuple[Sample, float]:
    """A group of whom some buy, for amounts with a long tail; and what it spends on average."""
    mu = math.log(mean) - sigma * sigma / 2
    amounts = [chance.lognormvariate(mu, sigma) for _ in range(people) if chance.random() < buys]
    sample = Sample(people=people, total=sum(amounts), squares=sum(a * a for a in amounts))
    return sample, buys * mean


def welch(texted: Sample, held_out: Sample) -> Estimate:
    """The usual interval of a difference of means, from each group's own variance."""
    variance = sum((s.squares / s.people - s.mean**2) / (s.people - 1) for s in (texted, held_out))
    value, width = texted.mean - held_out.mean, 1.96 * math.sqrt(variance)
    return Estimate(value=value, low=value - width, high=value + width)


def test_limits_of_yes_and_no_are_wilsons() -> None:
    low, high = limits(share_of(29, 1), 1.0)  # Newcombe 1998a, table I: 1/29
    assert (round(low, 4), round(high, 4)) == (0.0061, 0.1718)


def test_a_difference_of_yes_and_no_is_newcombes() -> None:
    found = difference(share_of(70, 56), share_of(80, 48), dispersion=1.0)
    assert found is not None  # Newcombe 1998, table II (a), method 10: 56/70 - 48/80
    assert [round(x, 4) for x in (found.value, found.low, found.high)] == [0.2, 0.0524, 0.3339]
    nobody = difference(share_of(10, 0), share_of(20, 0), dispersion=1.0)
    assert nobody is not None  # (f): 0/10 - 0/20
    assert [round(x, 4) for x in (nobody.low, nobody.high)] == [-0.1611, 0.2775]


def test_nothing_to_compare() -> None:
    nobody = Sample(people=0, total=0, squares=0)
    assert difference(nobody, share_of(5, 1), dispersion=1.0) is None
    assert difference(share_of(5, 1), nobody, dispersion=1.0) is None
    assert dispersion_of([(share_of(5, 0), share_of(5, 0))]) is None
    assert combined([]) is None


@pytest.mark.parametrize(
    ("texted", "held_out", "buys"),
    [
        pytest.param(270, 30, (0.10, 0.10), id="a tenth held out, no effect"),
        pytest.param(270, 30, (0.10, 0.05), id="a tenth held out, twice as many buy"),
        pytest.param(180, 20, (0.08, 0.02), id="two hundred people"),
        pytest.param(400, 100, (0.05, 0.05), id="a fifth held out"),
        pytest.param(150, 150, (0.30, 0.20), id="halves, many buy"),
    ],
)
def test_intervals_of_conversion_hold_the_truth(
    texted: int, held_out: int, buys: tuple[float, float]
) -> None:
    chance = random.Random(1998)
    held = 0
    for _ in range(TRIALS):
        bought = [
            share_of(people, sum(chance.random() < p for _ in range(people)))
            for people, p in zip((texted, held_out), buys, strict=True)
        ]
        found = difference(bought[0], bought[1], dispersion=1.0)
        assert found is not None
        held += found.low <= buys[0] - buys[1] <= found.high
    assert 0.925 <= held / TRIALS <= 0.99


@pytest.mark.parametrize(
    ("texted", "held_out", "buys", "sigma"),
    [
        pytest.param(270, 30, (0.10, 0.10), 0.7, id="a tenth held out, no effect"),
        pytest.param(270, 30, (0.10, 0.05), 0.7, id="a tenth held out, twice as many buy"),
        pytest.param(400, 100, (0.05, 0.05), 1.0, id="a fifth held out, a long tail"),
        pytest.param(400, 100, (0.08, 0.04), 0.7, id="a fifth held out, twice as many buy"),
        pytest.param(150, 150, (0.30, 0.20), 0.5, id="halves, many buy"),
    ],
)
def test_intervals_of_revenue_hold_the_truth(
    texted: int, held_out: int, buys: tuple[float, float], sigma: float
) -> None:
    chance = random.Random(2008)
    held = said = of_welch = 0
    for _ in range(TRIALS):
        a, mean_a = spent(chance, texted, buys=buys[0], mean=25, sigma=sigma)
        b, mean_b = spent(chance, held_out, buys=buys[1], mean=25, sigma=sigma)
        dispersion = dispersion_of([(a, b)])
        if dispersion is None:
            continue
        found, usual = difference(a, b, dispersion=dispersion), welch(a, b)
        assert found is not None
        said += 1
        held += found.low <= mean_a - mean_b <= found.high
        of_welch += usual.low <= mean_a - mean_b <= usual.high
    assert 0.925 <= held / said <= 0.99
    assert held >= of_welch - 0.02 * said, "never worse than what everybody takes"


def test_several_sends_are_weighted_by_what_they_know() -> None:
    """A campaign whose second send held nearly nobody out goes by the first."""
    chance = random.Random(7)
    held = 0
    for _ in range(TRIALS):
        strata = []
        for texted, held_out, base in ((200, 50, 0.05), (300, 30, 0.20)):
            a = share_of(texted, sum(chance.random() < base + 0.04 for _ in range(texted)))
            b = share_of(held_out, sum(chance.random() < base for _ in range(held_out)))
            each = difference(a, b, dispersion=1.0)
            assert each is not None
            strata.append((a, b, each))
        found = combined(strata)
        assert found is not None
        held += found.low <= 0.04 <= found.high
    assert 0.925 <= held / TRIALS <= 0.99


def test_distinguishable_is_an_interval_without_zero() -> None:
    assert Estimate(value=2, low=0.1, high=4).is_distinguishable
    assert Estimate(value=-2, low=-4, high=-0.1).is_distinguishable
    assert not Estimate(value=2, low=-0.1, high=4).is_distinguishable
