"""``make soak``: random histories through both evaluators, as many as you have time for. Exit 1 on any difference.

The histories are those of tests/differential, crowded around the edges of windows. A difference is shown as small as
it goes, with the seed that makes it again.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the checkout, whether or not it is installed

from monitor.engine.pool import Engine
from monitor.rulebook import load_rulebook
from tests.differential.histories import History
from tests.differential.world import World, differ, engine_answers, reference_answer, seeded, smaller, told

BATCH = 200
SHOWN = 5
"""Differences shown in full; further ones are only counted."""


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--histories", type=int, default=10_000)
    asked.add_argument("--seed", type=int, default=1, help="of the first batch; each batch has the next one")
    options = asked.parse_args()
    world, found, done, start, seed = World(load_rulebook()), 0, 0, time.perf_counter(), options.seed
    with Engine() as engine:

        def fails(history: History) -> bool:
            case = world.case(history)
            return differ(reference_answer(case), engine_answers([case], engine)[0])

        while done < options.histories:
            histories = seeded(seed, min(BATCH, options.histories - done))
            cases = [world.case(history) for history in histories]
            for history, case, theirs in zip(histories, cases, engine_answers(cases, engine), strict=True):
                if differ(reference_answer(case), theirs):
                    found += 1
                    if found <= SHOWN:
                        least = smaller(history, fails)
                        again = world.case(least)
                        print(f"\nseed {seed}:\n{least.told()}")
                        print(told(reference_answer(again), engine_answers([again], engine)[0]), flush=True)
            done += len(histories)
            seed += 1
            pace = done / (time.perf_counter() - start)
            print(f"\r{done} histories, {found} differ, {pace:.0f} a second", end="", file=sys.stderr, flush=True)
    print(f"\n{done} random histories from seed {options.seed}: {found} differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
