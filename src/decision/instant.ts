/** Which instant does a text name? One that exists, in the form of RFC 3339: `new Date` takes February 31 for March 3. */

const [HOUR, MINUTE] = ['([01]\\d|2[0-3])', '[0-5]\\d'];
/** As Microsoft Graph and Azure write them too; the seconds may be left out, and the zone may not. */
const FORM = new RegExp(
  `^(\\d{4}-\\d{2}-\\d{2})T${HOUR}:${MINUTE}(:${MINUTE}(\\.\\d{1,9})?)?(Z|[+-]${HOUR}:${MINUTE})$`,
);

/** Null for whatever is none of the years 1 to 9999: PostgreSQL has no year 0, and writes those after 9999 in its own way. */
export function parseInstant(text: string): Date | null {
  const day = FORM.exec(text)?.[1];
  if (day === undefined || !isDay(day)) return null;
  const at = new Date(text);
  return at.getUTCFullYear() >= 1 && at.getUTCFullYear() <= 9999 ? at : null;
}

/** A day that the month does not have would come back as one of the next month. */
function isDay(day: string): boolean {
  const begin = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(begin.getTime()) && begin.toISOString().startsWith(day);
}
