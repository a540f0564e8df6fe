"""Dates as documents state them, absolute, with precision and kind; never resolved from "yesterday", never invented.

Policy, in one place:

- Only a line that *is* a date line states a date (`DateReader.read`); a sentence that mentions one does not.
- `05/03/2024` is read only where something says which number is the day: a number above 12, the zone on the line,
  another date of the document, the domain, or the language (`config/languages`). Otherwise it states nothing. Dots
  (`05.03.2024`) are written by day-first countries alone; a year in front is always followed by the month.
- A two-digit year from 90 on is in the 1900s, below in the 2000s; a four-digit year counts from 1900 to 2099.
- Digits of every script count. Years of the Persian (1300 to 1420) and the Buddhist calendar (2443 to 2642), of
  Japanese eras and of the Republic of China are converted (`calendars`).
- A time with a zone becomes UTC, but the day stays the one that readers see: where the zone's name would move it, the
  date is given to the day. A stamp in ISO 8601 is an instant. A time without a zone is the wall clock it states.
- A dateline ("LAKE CITY, May 7, 2024 --") is read by `DateReader.dateline`; its paragraph stays text.
- A month name that means different months in two languages (`listopada`: Polish November, Croatian October) is read
  only where the language decides.

vocabulary   the words of the languages: months, labels, halves of the day, zones; who writes the day first
labels       what stands around a date: a label that says what it dates, names, or a sentence
clock        the time of day that stands behind or before a date, with its zone
calendars    days of the calendars beside the Gregorian one
expressions  the dates in a line, absolute, with the time of day beside them
reader       `DateReader`: the dates that a line states
"""

from cleancopy.fields.dates.reader import MAX_LINE, DateReader

__all__ = ["MAX_LINE", "DateReader"]
