/**
 * As whom does a gateway work in its own database? As an ordinary role that owns it: what is refused to everybody is refused
 * to the gateway too, such as changing the event log. The server's administrator makes it and does nothing else.
 */
import type pg from 'pg';

/** `initdb` makes it; local sessions alone, in a folder that nobody else enters. */
export const ADMINISTRATOR = 'portcullis';
export const GATEWAY = 'gateway';
export const DATABASE = 'portcullis';

/**
 * Makes the database, or gives one of earlier times to the role.
 * @param client a session of the administrator
 * @param enter opens another one, in the database
 */
export async function prepareDatabase(client: pg.Client, enter: () => Promise<pg.Client>): Promise<void> {
  const { rows } = await client.query<{ owner: string }>(
    'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
    [DATABASE],
  );
  const owner = rows[0]?.owner;
  if (owner === GATEWAY) return;
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [GATEWAY]);
  if (rowCount === 0) await client.query(`CREATE ROLE ${GATEWAY} LOGIN`);
  if (owner === undefined) await client.query(`CREATE DATABASE ${DATABASE} OWNER ${GATEWAY}`);
  else await giveAway(enter);
}

async function giveAway(enter: () => Promise<pg.Client>): Promise<void> {
  const inside = await enter();
  try {
    await inside.query(GIVE_AWAY);
  } finally {
    await inside.end();
  }
}

/** One by one, because what belongs to the role that `initdb` made cannot be reassigned as a whole; all of it or nothing. */
const GIVE_AWAY = `
  DO $$
  DECLARE
    statement text;
  BEGIN
    FOR statement IN
      WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
      of_extensions AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
      -- Sequences of a column go with their table.
      of_columns AS (SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND refobjsubid > 0 AND deptype IN ('a', 'i'))
      SELECT format('ALTER SCHEMA %I OWNER TO ${GATEWAY}', nspname) FROM ours WHERE nspname <> 'public'
      UNION ALL
      SELECT format('ALTER TABLE %s OWNER TO ${GATEWAY}', c.oid::regclass) FROM pg_class c JOIN ours ON ours.oid = relnamespace
      WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND c.oid NOT IN (SELECT objid FROM of_columns)
        AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM of_extensions)
      UNION ALL
      SELECT format('ALTER ROUTINE %s OWNER TO ${GATEWAY}', p.oid::regprocedure) FROM pg_proc p JOIN ours ON ours.oid = pronamespace
      WHERE ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM of_extensions)
      UNION ALL
      SELECT format('ALTER TYPE %s OWNER TO ${GATEWAY}', t.oid::regtype) FROM pg_type t JOIN ours ON ours.oid = typnamespace
      WHERE (typtype IN ('d', 'e') OR EXISTS (SELECT FROM pg_class c WHERE c.oid = typrelid AND c.relkind = 'c'))
        AND ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM of_extensions)
    LOOP
      EXECUTE statement;
    END LOOP;
    ALTER DATABASE ${DATABASE} OWNER TO ${GATEWAY};
  END $$`;
