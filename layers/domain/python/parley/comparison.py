"""What texting did, against those who were drawn and left alone: by intent to treat.

Amounts per person are mostly zero, so the usual interval of a mean, which takes its width from each
group's own sample, is far too narrow: where three of thirty held-out people bought, it knows next
to nothing of how much buyers spend. Here a group's mean has the limits at which

    (observed - mean)^2 = z^2 / people * (dispersion * mean - mean^2)

with the dispersion (sum of squares / sum) pooled over both groups. For amounts that are 0 or 1 the
dispersion is 1 and this is Wilson's score interval. Limits of a difference follow by recovering the
variances from both groups' limits (Newcombe's method 10; Zou and Donner's MOVER); several sends are
weighted as Mantel and Haenszel do, so that their different holdouts do not mix.

Sources: Wilson 1927; Newcombe, Statistics in Medicine 17 (1998) 873; Zou and Donner, ibid. 27
(2008) 1693; Yan and Su, Statistics in Biopharmaceutical Research 2 (2010) 323.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
"""How often an interval is to hold what it is of."""

_Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A group: how many people, and the sum and the sum of squares of what each spent."""

    people: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """Per person; 0 of nobody."""
        return self.total / self.people if self.people else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value and the limits that hold the true one, so far as `CONFIDENCE` goes."""

    value: float
    low: float
    high: float

    @property
    def is_distinguishable(self) -> bool:
        """Whether it can be told from nothing."""
        return self.low > 0 or self.high < 0


def share_of(people: int, those: int) -> Sample:
    """A sample of yes and no."""
    return Sample(people=people, total=those, squares=those)


def limits(sample: Sample, dispersion: float) -> tuple[float, float]:
    """The limits of a group's mean."""
    mean = max(sample.mean, 0.0)
    dispersion = max(dispersion, mean)
    width = _Z * _Z / sample.people
    middle = 2 * mean + width * dispersion
    root = sqrt(width * (4 * mean * (dispersion - mean) + width * dispersion * dispersion))
    return (middle - root) / (2 * (1 + width)), (middle + root) / (2 * (1 + width))


def dispersion_of(pairs: Iterable[tuple[Sample, Sample]]) -> float | None:
    """The dispersion of amounts over all groups; None where nobody spent anything."""
    samples = [sample for pair in pairs for sample in pair]
    total = sum(sample.total for sample in samples)
    return sum(sample.squares for sample in samples) / total if total > 0 else None


def difference(texted: Sample, held_out: Sample, *, dispersion: float) -> Estimate | None:
    """How much more the texted spent per person; None where one group is empty."""
    if not texted.people or not held_out.people:
        return None
    of_texted, of_held_out = limits(texted, dispersion), limits(held_out, dispersion)
    value = texted.mean - held_out.mean
    return Estimate(
        value=value,
        low=value - hypot(texted.mean - of_texted[0], of_held_out[1] - held_out.mean),
        high=value + hypot(of_texted[1] - texted.mean, held_out.mean - of_held_out[0]),
    )


def combined(strata: Sequence[tuple[Sample, Sample, Estimate]]) -> Estimate | None:
    """One difference of several sends, each with its groups; None of none."""
    weights = [
        texted.people * held_out.people / (texted.people + held_out.people)
        for texted, held_out, _ in strata
    ]
    whole = sum(weights)
    if not whole:
        return None
    parts = [(weight / whole, each) for weight, (_, _, each) in zip(weights, strata, strict=True)]
    value = sum(share * each.value for share, each in parts)
    return Estimate(
        value=value,
        low=value - hypot(*(share * (each.value - each.low) for share, each in parts)),
        high=value + hypot(*(share * (each.high - each.value) for share, each in parts)),
    )
