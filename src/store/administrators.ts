/** How many administrators must stay? The setting, where the database's own guard reads it. */
import { sql } from 'kysely';
import type { Database } from './database.ts';

export async function keepAdministrators(database: Database, minimum: number): Promise<void> {
  await sql`UPDATE administrator_guard SET minimum = ${minimum} WHERE minimum <> ${minimum}`.execute(
    database.em.fork().getKysely(),
  );
}
