/** How long? ISO 8601 durations of whole minutes, as PIM writes them (`PT8H`, `P180D`). */

const FORM = /^P(?=\d|T\d)(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,8})M)?)?$/;

/** What a caller may write; used by every message that refuses a duration. */
export const DURATION_FORM = 'an ISO 8601 duration in weeks, days, hours and minutes, such as PT2H30M or P90D';

/** @returns minutes, or null when the text is not a duration; years, months and seconds are not durations here */
export function parseDuration(text: string): number | null {
  const match = FORM.exec(text);
  if (match === null) return null;
  const [weeks = 0, days = 0, hours = 0, minutes = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((weeks * 7 + days) * 24 + hours) * 60 + minutes;
}

/** The shortest form in days, hours and minutes. */
export function formatDuration(minutes: number): string {
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const rest = minutes % 60;
  const time = `${hours ? `${hours}H` : ''}${rest ? `${rest}M` : ''}`;
  if (days === 0 && time === '') return 'PT0M';
  return `P${days ? `${days}D` : ''}${time ? `T${time}` : ''}`;
}
