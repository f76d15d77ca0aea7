/** Wall times as text. Core has no Date: the calendar is worked out here (proleptic Gregorian, UTC, no leap seconds). */

const DAY_MS = 86_400_000;

/** `2026-03-01T12:00:00.000Z` of ms since 1970. Years 0 to 9999; RangeError outside. */
export function isoTime(wallMs: number): string {
  const whole = Math.floor(wallMs);
  const days = Math.floor(whole / DAY_MS);
  const inDay = whole - days * DAY_MS;
  // Years begin in March here, so that the leap day is the last of its year; eras are 400 years of 146097 days.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
  const calendarMonth = month < 10 ? month + 3 : month - 9;
  const year = yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0);
  if (!(year >= 0 && year <= 9999)) throw new RangeError(`${wallMs} ms is not in the years 0 to 9999`);
  const date = `${digits(year, 4)}-${digits(calendarMonth)}-${digits(day)}`;
  const time = [3_600_000, 60_000, 1000].map((unit) =>
    digits(Math.floor(inDay / unit) % (unit === 3_600_000 ? 24 : 60)),
  );
  return `${date}T${time.join(':')}.${digits(inDay % 1000, 3)}Z`;
}

function digits(value: number, count = 2): string {
  return String(value).padStart(count, '0');
}
