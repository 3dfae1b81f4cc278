/** Who must stay? The minimum of administrators where the database's own guard reads it, and what time alone may not end. */
import { sql } from 'kysely';
import { DIRECTORY_SCOPE, ENTRA, GROUP_MEMBER, GROUP_OWNER } from '../decision/role.ts';
import { type Database, sqlOf } from './database.ts';
import { instant, type Transaction } from './transaction.ts';

/** An assignment that is kept past its end is looked at again after so many minutes. */
const KEPT_MINUTES = 60;

export async function keepAdministrators(database: Database, minimum: number): Promise<void> {
  await sql`UPDATE administrator_guard SET minimum = ${minimum} WHERE minimum <> ${minimum}`.execute(sqlOf(database));
}

/**
 * Keeps an assignment that has reached its end as the last way to a guarded role or to the ownership of a group, for
 * another hour: the last active administrator or owner, and the last eligible Global Administrator while nobody is active.
 * @see https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-renew-extend
 * @returns the new end; null when it may end
 */
export async function keepLastWay(tx: Transaction, id: string): Promise<Date | null> {
  const { rows } = await sql<{ endsAt: string }>`
    UPDATE assignment kept
    SET ends_at = clock_timestamp() + make_interval(mins => ${KEPT_MINUTES}::int)
    FROM principal holder
    WHERE kept.id = ${id} AND holder.id = kept.principal_id AND holder.enabled AND holder.deleted_at IS NULL
      AND CASE
        WHEN kept.role_id = ${GROUP_OWNER} THEN kept.type = 'ACTIVE' AND NOT EXISTS (
          SELECT 1 FROM assignment o JOIN principal p ON p.id = o.principal_id AND p.enabled AND p.deleted_at IS NULL
          WHERE o.scope_id = kept.scope_id AND o.role_id = ${GROUP_OWNER} AND o.type = 'ACTIVE' AND o.during @> clock_timestamp())
        WHEN kept.role_id = ${GROUP_MEMBER} THEN kept.type = 'ACTIVE' AND EXISTS (
          SELECT 1 FROM scope s
          JOIN assignment held ON held.principal_id = s.principal_id AND held.type = 'ACTIVE' AND held.during @> clock_timestamp()
          JOIN administrator_guard g ON g.role_id = held.role_id
          WHERE s.id = kept.scope_id AND held.scope_id = ${DIRECTORY_SCOPE} AND NOT EXISTS (
            SELECT 1 FROM administrators(g.role_id, false)))
        ELSE kept.scope_id = ${DIRECTORY_SCOPE} AND kept.role_id IN (SELECT role_id FROM administrator_guard)
          AND (kept.type = 'ACTIVE' OR kept.role_id = ${ENTRA.globalAdministrator})
          AND NOT EXISTS (SELECT 1 FROM administrators(kept.role_id, false))
      END
      -- Whoever holds the same again later needs no keeping.
      AND NOT EXISTS (
        SELECT 1 FROM assignment next
        WHERE next.id <> kept.id AND next.principal_id = kept.principal_id AND next.role_id = kept.role_id
          AND next.scope_id = kept.scope_id AND next.type = kept.type
          AND next.during && tstzrange(kept.starts_at, clock_timestamp() + make_interval(mins => ${KEPT_MINUTES}::int)))
    RETURNING kept.ends_at AS "endsAt"`.execute(tx.getKysely());
  return rows[0] ? instant(rows[0].endsAt) : null;
}

/** Does what may not be done to the last administrator or owner. @returns false, with nothing done, when it would be */
export async function unlessLast(tx: Transaction, work: (inner: Transaction) => Promise<void>): Promise<boolean> {
  try {
    await tx.transactional(async (inner) => {
      await work(inner as Transaction);
      await sql`SET CONSTRAINTS ALL IMMEDIATE`.execute(inner.getKysely());
    });
    return true;
  } catch (error) {
    const { constraint } = error as { constraint?: unknown };
    if (constraint === 'last_administrator' || constraint === 'last_owner') return false;
    throw error;
  }
}
