"""Windows of limbs that an act opens: cure periods of days (Within) and immediate limbs (AtOnce), with exceptions."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

from monitor.core.clause import ATTESTED_OLD, AtOnce, Given, Within
from monitor.core.days import holds
from monitor.core.select import Event
from monitor.engine.board import NEVER, Board, Pairs, Sheet, Window
from monitor.engine.prepare import Combo, Group, Match, as_day


def ask_lineage(sheet: Sheet, group: Group, combo: Combo, board: Board) -> None:
    """Which cures are undone, which triggers follow what they must, which items are old."""
    key = combo.key
    for role in ("cure", "except", "flow", "wait"):
        for match, day in sheet.role(combo, role):
            board.put("done", (key, "undo", match.slot.number), day, (key, match.event, match.slot.number))
    for match, day in sheet.role(combo, "undo"):
        board.put("undoing", (key, "undo", match.slot.parent), day, (key, match.event))
    for match, day in sheet.role(combo, "prior"):
        board.put("earlier", (key, "prior", match.slot.parent), day, (key, match.event))
    for match, day in sheet.role(combo, "bar"):
        board.put("earlier", (key, "bar", match.slot.parent), day, (key, match.event))
    limit = old_limit(sheet, group, combo)
    if limit is not None:
        board.put("issue", (key, "old"), limit, key)
    for match, day in sheet.role(combo, "when"):
        board.put("needs", (key, "prior", match.slot.number), day, (key, match.event, match.slot.number))
        if match.slot.pattern.not_after:
            board.put("needs", (key, "bar", match.slot.number), day, (key, match.event, match.slot.number, "bar"))
        board.put("item", (key, "old"), day, (key, match.event, match.slot.number))


def old_limit(sheet: Sheet, group: Group, combo: Combo) -> int | None:
    """Last ordinal day of items that existed at issue, if the limb excepts them under this combination."""
    if not group.limb.existing_at or not holds(group.limb.except_given, combo.readings):
        return None
    day = as_day(getattr(sheet.case.instrument.loan, group.limb.existing_at), sheet.case.zone)
    return None if day is None else day.toordinal()


def triggers(sheet: Sheet, combo: Combo, lineage: Pairs) -> list[tuple[Match, int]]:
    """Triggers of a combination that follow what they must, one slot for each event."""
    found: dict[int, tuple[Match, int]] = {}
    for match, day in sorted(sheet.role(combo, "when"), key=lambda m: m[0].slot.number):
        place = (combo.key, match.event, match.slot.number)
        led = not match.slot.pattern.follows or place in lineage["follows"]
        if led and (*place, "bar") not in lineage["follows"]:
            found.setdefault(match.event, (match, day))
    return list(found.values())


def standing(combo: Combo, listed: Iterable[tuple[Match, int]], lineage: Pairs) -> list[tuple[Match, int]]:
    """Those of some cures or exceptions that nothing undoes: the difference, not a negation in the engine."""
    return [(m, d) for m, d in listed if (combo.key, m.event, m.slot.number) not in lineage["undone"]]


def is_at_once(group: Group, combo: Combo) -> bool:
    """Whether the limb has no period under this combination (``at_once_given``)."""
    given: Given = getattr(group.limb.ripens, "at_once_given", {})
    return bool(given) and holds(given, combo.readings)


def offer_exceptions(sheet: Sheet, combo: Combo, lineage: Pairs) -> None:
    """Exceptions under three keys: for items that may be old; for fresh ones, which no attested age excepts and whose
    window names a first day; and for fresh ones whatever the day."""
    for match, day in standing(combo, sheet.role(combo, "except"), lineage):
        sheet.offer("exception", (combo.key, "item"), match.event, day)
        if match.slot.pattern.kind != ATTESTED_OLD:
            sheet.offer("exception", (combo.key, "fresh"), match.event, day)
            if match.slot.pattern.ahead:
                sheet.offer("exception", (combo.key, "ahead"), match.event, day)


def open_windows(sheet: Sheet, group: Group, combo: Combo, lineage: Pairs, over: Pairs) -> None:
    """Windows of a Within or AtOnce limb under one combination."""
    ripens, key = group.limb.ripens, combo.key
    assert isinstance(ripens, Within | AtOnce)
    offer_exceptions(sheet, combo, lineage)
    for match, day in standing(combo, sheet.role(combo, "cure"), lineage):
        sheet.offer("cure", (key, "cures"), match.event, day)
    for match, day in standing(combo, sheet.role(combo, "flow"), lineage):
        sheet.offer("flow", (key, "flows"), match.event, day)
    for match, day in standing(combo, sheet.role(combo, "wait"), lineage):
        sheet.offer("cure", (key, "waits", match.slot.parent), match.event, day)
    old = set(lineage["old"].get(key, ()))
    listed = triggers(sheet, combo, lineage)
    own_age = {m.event for m, _ in listed if (key, m.event, m.slot.number) in old}
    of_matter = any(m.event in own_age and not m.slot.pattern.fresh for m, _ in listed)
    except_itself = {m.event for m, _ in sheet.role(combo, "self")}
    for match, day in listed:
        fresh = match.slot.pattern.fresh
        aged = "" if match.event in own_age or (of_matter and not fresh) else None
        if match.event in except_itself:
            aged = sheet.event(match).id
        if day < sheet.issue and match.event not in own_age:
            continue
        if not exceeds(sheet, match, combo, over):
            continue
        window = replace(_window(sheet, group, combo, match, day), aged=aged)
        if fresh:
            window = replace(window, exceptions=(key, "fresh"), since=day, ahead=(key, "ahead"))
        sheet.windows.append(window)


def exceeds(sheet: Sheet, match: Match, combo: Combo, over: Pairs) -> bool:
    """Whether the trigger's principal passes its threshold, or none applies under this combination."""
    wanted = match.slot.pattern.exceeds
    if wanted is None or not holds(wanted.given, combo.readings):
        return True
    return bool(over["over"].get((combo.key, match.event, match.slot.number)))


def _window(sheet: Sheet, group: Group, combo: Combo, match: Match, day: int) -> Window:
    ripens, event = group.limb.ripens, sheet.event(match)
    if isinstance(ripens, Within) and not is_at_once(group, combo):
        deadline = sheet.roll(day + ripens.days, ripens.roll, combo)
        return period(sheet, group, combo, event, opened=day, deadline=deadline, low=day, cures=(combo.key, "cures"))
    waits = match.slot.pattern.waits_for
    if waits is not None and holds(waits.given, combo.readings):
        until = as_day(event.fields.get(waits.date_field), sheet.case.zone)
        if until is not None and until.toordinal() >= day:  # a grace period over before the default delays nothing
            return period(
                sheet, group, combo, event, opened=day, deadline=until.toordinal(), low=day,
                cures=(combo.key, "waits", match.slot.number), flows=(combo.key, "flows"),
            )
    return at_once(group, combo, event, day)


def at_once(group: Group, combo: Combo, event: Event, day: int) -> Window:
    """An immediate default, dated by the act and ripe with it; an exception must be there by then.

    An act of a court elsewhere may bear tomorrow's date here: it has happened all the same.
    """
    flows = (combo.key, "flows") if isinstance(group.limb.ripens, AtOnce) else None
    return Window(
        group=group, combo=combo, trigger=event.id, matter=event.matter, opened=day, low=NEVER, high=-1, deadline=None,
        default=day, deadline_at=None, clock="day", due=0, limit=exception_limit(group, combo, day), cures=None,
        exceptions=(combo.key, "item"), flows=flows,
    )


def exception_limit(group: Group, combo: Combo, deadline: int) -> int:
    """Last day of an exception: the deadline, or any day under the readings that accept a late one."""
    late = group.limb.late_except_given
    return NEVER if late and holds(late, combo.readings) else deadline


def period(
    sheet: Sheet, group: Group, combo: Combo, event: Event, *, opened: int, deadline: int, low: int,
    cures: Hashable, flows: Hashable = None, high: int | None = None,
) -> Window:
    """A window of days: default the day after the deadline, ripe at the midnight between them."""
    return Window(
        group=group, combo=combo, trigger=event.id, matter=event.matter, opened=opened, low=low,
        high=deadline if high is None else high, deadline=deadline, default=deadline + 1,
        deadline_at=sheet.midnight_after(deadline), clock="day", due=deadline + 1,
        limit=exception_limit(group, combo, deadline), cures=cures, exceptions=(combo.key, "item"), flows=flows,
    )
