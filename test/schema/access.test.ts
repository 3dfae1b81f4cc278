/** The answers as a client gets them: the demo company, tokens, the matrix and the documents of the SDK. */
import { graphql } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../schema/context.ts';
import { globalId } from '../../schema/ids.ts';
import { createSchema } from '../../schema/schema.ts';
import { type PersonaName, persona } from '../../src/company/personas.ts';
import { ENTRA } from '../../src/decision/role.ts';
import { documentOf } from '../support/documents.ts';
import { type Anything, startGateway, type TestGateway } from '../support/gateway.ts';
import { watchStatements } from '../support/statements.ts';
import { contextOf } from '../support/viewer.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

async function ask(caller: PersonaName | { token: string }, name: string, variables: object): Promise<Anything> {
  const { data, errors } = await gateway.ask(caller, documentOf(name), variables);
  expect(errors).toBeUndefined();
  return data;
}

const user = (name: PersonaName) => globalId('User', persona(name));

describe('checkAccess', () => {
  const globalAdministrator = { role: globalId('Role', ENTRA.globalAdministrator) };

  it('says that grace is Global Administrator, to herself and to whoever may view it', async () => {
    for (const caller of ['grace', 'sam'] as const) {
      const { checkAccess } = await ask(caller, 'CheckAccess', {
        input: { principal: user('grace'), access: globalAdministrator },
      });
      expect(checkAccess).toMatchObject({ allowed: true, conditional: false, paths: [{ inherited: false, via: [] }] });
    }
    const { checkAccess } = await ask('olga', 'CheckAccess', {
      input: { principal: user('grace'), access: globalAdministrator },
    });
    expect(checkAccess).toBeNull();
  });

  it('gives those who ask at the same moment one statement, and each the answer that they may have', async () => {
    const askers = ['grace', 'sam', 'olga', 'maya', 'sam', 'owen'] as const;
    const input = { principal: user('grace'), access: globalAdministrator };
    const allowed = async (caller: PersonaName) =>
      (await ask(caller, 'CheckAccess', { input })).checkAccess?.allowed ?? null;
    const alone: unknown[] = [];
    for (const asker of askers) alone.push(await allowed(asker));
    expect(alone).toEqual([true, true, null, null, true, null]);
    expect(await Promise.all(askers.map(allowed))).toEqual(alone);
    const others = askers.filter((asker) => asker !== 'grace');
    const viewers = await Promise.all(others.map((name) => contextOf(gateway.database, persona(name))));
    using statements = watchStatements();
    const answers = await Promise.all(
      viewers.map(({ viewer }) =>
        graphql({
          schema: createSchema(),
          source: 'query ($input: CheckAccessInput!) { checkAccess(input: $input) { allowed } }',
          variableValues: { input },
          contextValue: createContext(gateway.database, viewer),
        }),
      ),
    );
    expect(answers.map(({ data }) => (data?.checkAccess as { allowed: boolean } | null)?.allowed ?? null)).toEqual(
      alone.slice(1),
    );
    expect(statements.reads()).toHaveLength(1);
  });

  it('answers for an operation of Azure, inherited from above', async () => {
    const [row] = await gateway.database.em.fork().execute(
      `SELECT below.id FROM assignment a JOIN role r ON r.id = a.role_id AND r.display_name = 'Owner'
       JOIN scope_ancestor x ON x.ancestor_id = a.scope_id AND x.depth > 0 JOIN scope below ON below.id = x.scope_id
       WHERE a.principal_id = ? AND a.type = 'ACTIVE' LIMIT 1`,
      [persona('owen')],
    );
    const input = { principal: user('owen'), scope: { id: globalId('Scope', row?.id as string) } };
    const write = { action: 'Microsoft.Authorization/roleAssignments/write' };
    expect(await ask('owen', 'CheckAccess', { input: { ...input, access: write } })).toMatchObject({
      checkAccess: { allowed: true, paths: expect.arrayContaining([expect.objectContaining({ inherited: true })]) },
    });
    const data = { dataAction: 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read' };
    expect(await ask('owen', 'CheckAccess', { input: { ...input, access: data } })).toMatchObject({
      checkAccess: { allowed: false, paths: [] },
    });
  });

  it.each(['checkAccess', 'assignments', 'effectiveAccess'])('does not know the future: %s', async (field) => {
    const at = '2999-01-01T00:00:00Z';
    const documents: Record<string, string> = {
      checkAccess: `{ checkAccess(input: { principal: "${user('grace')}", access: { role: "${globalAdministrator.role}" }, at: "${at}" }) { allowed } }`,
      assignments: `{ assignments(asOf: "${at}") { nodes { id } } }`,
      effectiveAccess: `{ effectiveAccess(scope: { path: "/" }, at: "${at}") { nodes { until } } }`,
    };
    const { errors } = await gateway.ask('grace', documents[field] as string);
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('effectiveAccess', () => {
  it('lists who can do what in the directory, page by page as many as it counts', async () => {
    const variables = { scope: { path: '/' }, first: 40, count: true };
    let seen = 0;
    for (let after: string | null = null; ; ) {
      const { effectiveAccess } = await ask('grace', 'EffectiveAccess', { ...variables, after });
      seen += effectiveAccess.nodes.length;
      after = effectiveAccess.pageInfo.endCursor;
      if (!effectiveAccess.pageInfo.hasNextPage) {
        expect(seen).toBe(effectiveAccess.totalCount);
        break;
      }
    }
    expect(seen).toBeGreaterThan(0);
  });

  it('asks for a scope or a principal', async () => {
    for (const wrong of ['', `(scope: { path: "/" }, principal: "${user('grace')}")`]) {
      const { errors } = await gateway.ask('grace', `{ effectiveAccess${wrong} { totalCount } }`);
      expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
  });
});

describe('explainActivation', () => {
  const PERSONAS = ['maya', 'piet', 'devon', 'mia'] as const;
  const ACTIVATE =
    'mutation ($input: ActivateInput!) { activate(input: $input) { status refusals { code message field failedRules { rule allowed given remedy } stepUp { acrValues } } } }';

  it.each(PERSONAS)('agrees with what activate answers %s, whatever is given', async (name) => {
    const { me } = await ask(name, 'MyRoles', {});
    expect(me.eligible.nodes.length).toBeGreaterThan(0);
    for (const { id: eligibility } of me.eligible.nodes.slice(0, 5)) {
      for (const multiFactor of [false, true]) {
        const token = await gateway.token(name, { multiFactor });
        for (const given of [
          {},
          { justification: 'Because' },
          { duration: 'PT1M' },
          { duration: 'PT23H' },
          { justification: 'Because', ticket: { number: '1', system: 'Desk' } },
        ]) {
          const input = { eligibility, ...given };
          const { explainActivation } = await ask({ token }, 'ExplainActivation', { input });
          const { data } = await gateway.ask({ token }, ACTIVATE, { input: { ...input, validateOnly: true } });
          const { status, refusals } = data.activate;
          const outcome = refusals.length > 0 ? 'REFUSED' : status === 'PENDING_APPROVAL' ? status : 'GRANTED';
          expect([explainActivation.outcome, explainActivation.refusals.map(({ code }: Anything) => code)]).toEqual([
            outcome,
            refusals.map(({ code }: Anything) => code),
          ]);
          const missed = explainActivation.rules.filter(({ met }: Anything) => !met).map(({ rule }: Anything) => rule);
          const failed = refusals.flatMap(({ failedRules }: Anything) => failedRules).map(({ rule }: Anything) => rule);
          if (failed.length > 0) expect(missed).toEqual(failed);
        }
      }
    }
  });

  it('names the approvers that the caller may see, and leaves nothing on record', async () => {
    const { me } = await ask('maya', 'MyRoles', {});
    const events = () => gateway.database.em.fork().execute('SELECT count(*) FROM event');
    const before = await events();
    const explained = await Promise.all(
      me.eligible.nodes.map(({ id }: Anything) =>
        ask('maya', 'ExplainActivation', { input: { eligibility: id, justification: 'Because' } }),
      ),
    );
    const stages = explained.flatMap(({ explainActivation }) => explainActivation.stages);
    expect(stages).toContainEqual(
      expect.objectContaining({
        approverCount: 1,
        approvers: [expect.objectContaining({ objectId: persona('arun') })],
      }),
    );
    expect(await events()).toEqual(before);
  });

  it('tells nothing about an eligible assignment of somebody else', async () => {
    const { me } = await ask('maya', 'MyRoles', {});
    const { explainActivation } = await ask('olga', 'ExplainActivation', {
      input: { eligibility: me.eligible.nodes[0].id },
    });
    expect(explainActivation).toMatchObject({
      outcome: 'REFUSED',
      rules: [],
      stages: [],
      refusals: [{ code: 'NOT_ELIGIBLE' }],
    });
  });
});

describe('me', () => {
  it.each<[PersonaName, boolean]>([
    ['grace', true],
    ['owen', true],
    ['gwen', true],
    ['piet', false],
    ['olga', false],
  ])('says what %s may manage', async (name, something) => {
    const { me } = await ask(name, 'Me', {});
    expect([me.manages, me.managing.length > 0]).toEqual([something, something]);
  });
});
