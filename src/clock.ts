/** What time is it? The database's clock decides; this file holds the only reading of the process's own. */

/** Process time, for tokens and logs. Whatever concerns access asks the database instead. */
export function processNow(): Date {
  return new Date();
}

export function addMinutes(instant: Date, minutes: number): Date {
  return new Date(instant.getTime() + minutes * 60_000);
}
