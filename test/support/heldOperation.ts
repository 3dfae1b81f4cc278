/** How is a gateway killed in the middle of an operation, however long that takes? Its word about the operation waits until then. */
import pg from 'pg';

const LOCK = 1;

/** @param when of OLD and NEW, such as `OLD.processed > 0`: these updates of an operation wait */
export async function holdOperation(url: string, when: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`SELECT pg_advisory_lock(${LOCK});
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM pg_advisory_xact_lock_shared(${LOCK}); RETURN NEW; END $$;
    CREATE TRIGGER hold BEFORE UPDATE ON bulk_operation FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION hold()`);
  return {
    /** What waits is lost with its connection, and nothing waits from now on. */
    async release(): Promise<void> {
      await client.query(`SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND objid = ${LOCK} AND NOT granted`);
      await client.query('DROP TRIGGER hold ON bulk_operation; DROP FUNCTION hold');
      await client.end();
    },
  };
}
