"""What must stay inside: where the bot turns to, what its log and its words give away, what foreign words can do."""

from __future__ import annotations

from tests.faultlab.canaries import canaries
from tests.faultlab.egress import egress
from tests.faultlab.hostile import hostile_words
from tests.faultlab.paths import paths

EXPERIMENTS = (egress, canaries, hostile_words, paths)
