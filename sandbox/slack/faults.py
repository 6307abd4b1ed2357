"""Everything that can be made to go wrong on purpose."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """How a Web API call goes wrong. `AFTER` kinds take effect first: the app is told no, the message is there.

    SIGN_IN_PAGE is for downloads: a web page with status 200, as for one who is not signed in.
    """

    RATELIMITED = "ratelimited"
    HTTP_500 = "http_500"
    HTTP_503 = "http_503"
    HTTP_503_AFTER = "http_503_after"
    ERROR = "error"
    ERROR_AFTER = "error_after"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    SLOW = "slow"
    SIGN_IN_PAGE = "sign_in_page"


AFTER = frozenset({Fault.HTTP_503_AFTER, Fault.ERROR_AFTER, Fault.CUT_AFTER, Fault.SLOW})
ALWAYS = -1


@dataclass(slots=True)
class ApiFault:
    """One order: the next `times` calls of `method` ("*" for any) go wrong in the way of `fault`.

    `times` of -1 lasts until cleared; with a `probability`, only some calls go wrong;
    `error` is the code of ERROR and ERROR_AFTER;
    `retry_after` and `seconds` (of SLOW) are seconds.
    """

    method: str
    fault: Fault
    times: int = 1
    error: str = "internal_error"
    retry_after: int = 1
    seconds: float = 1.0
    probability: float = 1.0

    def meets(self, method: str) -> bool:
        """Whether this order is for `method` and not used up."""
        return self.times != 0 and self.method in (method, "*")

    def spend(self) -> None:
        """Count one use."""
        if self.times > 0:
            self.times -= 1


@dataclass(slots=True)
class DeliveryFaults:
    """How deliveries of events go wrong. All off to begin with.

    `duplicates`: extra copies of every event, same event_id; `shuffle_seconds`: events are held this long, then sent in
    another order; `drop_acks`: the app's next n acknowledgements of events are not believed (-1: all);
    `mention_first`: the app_mention twin goes before its message.
    """

    duplicates: int = 0
    shuffle_seconds: float = 0.0
    drop_acks: int = 0
    mention_first: bool = False

    def loses_ack(self) -> bool:
        """Whether this acknowledgement is to be lost; counts it."""
        if self.drop_acks > 0:
            self.drop_acks -= 1
            return True
        return self.drop_acks == ALWAYS


@dataclass(slots=True)
class Faults:
    """The switchboard: one for each side."""

    api: list[ApiFault] = field(default_factory=list)
    delivery: DeliveryFaults = field(default_factory=DeliveryFaults)
    _random: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - the same dice every time

    def order(self, method: str, fault: Fault | str, **details: float | str) -> None:
        """Let calls of `method` go wrong; `details` as in ApiFault."""
        self.api.append(ApiFault(method, Fault(fault), **details))  # type: ignore[arg-type]  # named as the fields are

    def take(self, method: str) -> ApiFault | None:
        """The fault that meets this call, counted as used."""
        meeting = (fault for fault in self.api if fault.meets(method))
        found = next((fault for fault in meeting if self._random.random() < fault.probability), None)
        if found is not None:
            found.spend()
        return found

    def clear(self) -> None:
        """Everything works again."""
        self.api.clear()
        self.delivery = DeliveryFaults()
