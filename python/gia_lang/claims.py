"""Claims of a study and their verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Optional

if TYPE_CHECKING:
    import pandas

from .optional import needed

MARKS = {"supported": "✓", "refuted": "✗", "undecided": "?"}


@dataclass(frozen=True)
class Claim:
    """An expectation of the script, and how the study judges it. `experiment` is `None` for a claim about several."""

    experiment: Optional[str]
    claim: str
    verdict: str
    reason: str
    contrast: str
    outcome: str
    level: float
    p: Optional[float]
    line: int
    #: Everything that the study says about it (docs/json.md).
    data: Mapping[str, Any]

    @property
    def is_supported(self) -> bool:
        return self.verdict == "supported"

    def __str__(self) -> str:
        return f"{MARKS[self.verdict]} {self.verdict}  {self.claim}: {self.reason}"


class Claims(list):  # type: ignore[type-arg]
    """A list of claims; `.to_pandas()` makes a table of it."""

    def __init__(self, claims: Iterable[Claim] = ()) -> None:
        super().__init__(claims)

    @property
    def are_supported(self) -> bool:
        """Whether every claim is supported."""
        return all(claim.is_supported for claim in self)

    def to_pandas(self) -> "pandas.DataFrame":
        names = ("experiment", "claim", "verdict", "reason", "contrast", "outcome", "level", "p")
        rows = [[getattr(claim, name) for name in names] for claim in self]
        return needed("pandas", "to_pandas()").DataFrame(rows, columns=list(names))

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) or "no claim was made"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{MARKS[claim.verdict]} {escape(claim.verdict)}</td><td><code>{escape(claim.claim)}</code></td><td>{escape(claim.reason)}</td></tr>"
            for claim in self
        )
        return f"<table><thead><tr><th>verdict</th><th>claim</th><th>reason</th></tr></thead><tbody>{rows}</tbody></table>"


def claims_of(found: Iterable[Mapping[str, Any]], experiment: Optional[str]) -> list[Claim]:
    return [
        Claim(
            experiment=experiment,
            claim=one["claim"],
            verdict=one["verdict"],
            reason=one["reason"],
            contrast=one["contrast"],
            outcome=one["outcome"],
            level=one["level"],
            p=one.get("family_p", one.get("p")),
            line=one["place"]["line"],
            data=one,
        )
        for one in found
    ]
