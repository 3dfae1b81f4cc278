/** How does the demo company come into an empty database? All of it in one transaction, or none of it. */
import { sql } from 'kysely';
import { demoCompany } from '../company/company.ts';
import { insertRows } from './bulk.ts';
import { type Database, sqlOf } from './database.ts';
import { takeWarningsAsGiven } from './due.ts';

/** True as long as nobody is known. */
export async function isEmpty(database: Database): Promise<boolean> {
  const found = await sql`SELECT FROM principal LIMIT 1`.execute(sqlOf(database));
  return found.rows.length === 0;
}

/**
 * Writes the demo company as it is at `now`, in about 450 ms. An activation rests on an eligible assignment,
 * and both were asked for: what was asked of administrators comes first, then what it made, then the same for activations.
 */
export async function loadDemoCompany(database: Database, now: Date): Promise<void> {
  const company = demoCompany(now);
  const restsOnNothing = (row: { eligibilityId: string | null }) => row.eligibilityId === null;
  const restsOnEligibility = (row: { eligibilityId: string | null }) => row.eligibilityId !== null;
  await database.em.fork().transactional(async (tx) => {
    const db = tx.getKysely();
    await insertRows(db, 'principal', company.principals);
    await insertRows(db, 'scope', company.scopes);
    await insertRows(db, 'administrative_unit_member', company.administrativeUnitMembers);
    await insertRows(db, 'role_policy_version', company.policyVersions);
    await insertRows(db, 'request', company.requests.filter(restsOnNothing));
    await insertRows(db, 'assignment', company.assignments.filter(restsOnNothing));
    await insertRows(db, 'request', company.requests.filter(restsOnEligibility));
    await insertRows(db, 'assignment', company.assignments.filter(restsOnEligibility));
    await insertRows(db, 'request_approver', company.requestApprovers);
    await insertRows(db, 'approval_decision', company.approvalDecisions);
    await insertRows(db, 'event', company.events);
    await takeWarningsAsGiven(db);
  });
}
