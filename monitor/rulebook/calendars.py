"""Exchange sessions as a sorted table, made once per process from the ``holidays`` package (NYSE).

OTCBB, Nasdaq, AMEX and NYSE kept the same sessions. The table agrees with exchange_calendars (a test oracle) on
1990 to 2027. Closures nobody announced, and those announced after the package was made, are ``market_closed`` facts.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from monitor.core.days import Sessions

FIRST = date(1990, 1, 1)
LAST = date(2040, 12, 31)


@cache
def exchange_sessions() -> Sessions:
    """Sessions of the New York exchanges from FIRST to LAST, with the days that close at 13:00."""
    import holidays  # imported here: it takes longer than everything else in this package

    years = range(FIRST.year, LAST.year + 1)
    closed = frozenset(holidays.financial_holidays("NYSE", years=years))
    early = holidays.financial_holidays("NYSE", years=years, categories=("half_day",))
    # Four days of 1990 to 1992 closed at 14:00, and a snowstorm closed one of 1994 at 14:30. Sessions know one early
    # close, 13:00; a day that closed later is kept a full one, so that no window ripens before the market had closed.
    short = frozenset(day for day, name in early.items() if "1:00pm" in name)
    every = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    dates = tuple(day for day in every if day.weekday() < 5 and day not in closed)
    return Sessions("XNYS", dates, short & frozenset(dates), FIRST, LAST)
