/** What does the gateway do, from end to end? One activation by three people, each step looked at: `npm run demo`. */
import { setTimeout as delay } from 'node:timers/promises';
import { createPortcullis, type Portcullis, PortcullisError } from '../typescript/portcullis.ts';
import { type AssignmentEvent, Follower } from './follower.ts';
import { type Gateway, reachGateway, tokenOf } from './gateway.ts';

const ROLE = 'Global Reader';
/** Of each request to the gateway. */
const PATIENCE_MILLISECONDS = 10_000;
/** How long the outsider is listened to after everybody else has heard the last event: deliveries take a tenth of it. */
const SILENCE_MILLISECONDS = 500;

type Person = 'maya' | 'arun' | 'olga';
/** Everybody's client, and what everybody has heard. */
interface Cast {
  readonly maya: Portcullis;
  /** Maya again, after she signed in with a second factor. */
  readonly mayaWithMfa: Portcullis;
  readonly arun: Portcullis;
  readonly followers: Readonly<Record<Person, Follower>>;
}

const startedAt = performance.now();

function say(sentence: string, position?: number): void {
  const elapsed = `${Math.round(performance.now() - startedAt)} ms`.padStart(9);
  console.log(`${elapsed}  ${(position === undefined ? '' : `#${position}`).padEnd(7)} ${sentence}`);
}

function check(holds: boolean, expected: string, found: unknown): asserts holds {
  if (!holds) throw new Error(`expected ${expected}, but found ${JSON.stringify(found)}`);
}

async function play(gateway: Gateway): Promise<void> {
  say(`${gateway.started ? 'started' : 'found'} a gateway at ${gateway.url}`);
  const [maya, mayaWithMfa, arun, olga] = await Promise.all([
    clientOf(gateway, 'maya'),
    clientOf(gateway, 'maya', '--mfa'),
    clientOf(gateway, 'arun'),
    clientOf(gateway, 'olga'),
  ]);
  await tidyUp(maya, arun);
  const { eventCursor: after } = await maya.eventCursor();
  // Behind the cursor: nothing is missed, however long the streams take to open.
  const streams = {
    olga: olga.live.assignmentEvents({ after }),
    arun: arun.live.assignmentEvents({ after }),
    // Her own access is hers to follow, also when she may see less of others' than before.
    maya: maya.live.myAccess({ after }),
  };
  const follow = (name: Person) => new Follower({ stream: streams[name], onEvent: (event) => hear(name, event) });
  const followers = { olga: follow('olga'), arun: follow('arun'), maya: follow('maya') };
  say('olga, arun and maya listen to everything that happens from here on');
  const cast = { maya, mayaWithMfa, arun, followers };
  try {
    const eligibility = await refusedAtFirst(cast);
    const requestId = await asksAgain(cast, eligibility);
    const assignmentId = await isApproved(cast, requestId);
    await usesAndReturns(cast, assignmentId);
    await delay(SILENCE_MILLISECONDS);
    followers.olga.check();
    check(followers.olga.seen.length === 0, 'olga to hear nothing', followers.olga.seen);
    say('olga has heard nothing all along');
  } finally {
    await Promise.all(Object.values(followers).map((follower) => follower.stop()));
  }
}

async function clientOf({ url }: Gateway, name: Person, ...options: '--mfa'[]): Promise<Portcullis> {
  const token = await tokenOf(name, ...options);
  const signal = () => AbortSignal.timeout(PATIENCE_MILLISECONDS);
  return createPortcullis({
    url: `${url}/graphql`,
    token,
    fetch: (input, init) => fetch(input, { ...init, signal: signal() }),
  });
}

function hear(name: Person, { type, actor, position }: AssignmentEvent): void {
  say(`  ${name} hears ${type} by ${actor?.displayName ?? 'the gateway'}`, position);
}

/** An earlier demonstration may have been interrupted. */
async function tidyUp(maya: Portcullis, arun: Portcullis): Promise<void> {
  const justification = 'Left over from an earlier demonstration';
  const { me: asked } = await maya.myRequests();
  const waiting = asked.requests.nodes.filter((r) => r.status === 'PENDING_APPROVAL' && r.role.displayName === ROLE);
  if (waiting.length > 0) {
    say('arun denies what an earlier demonstration left waiting');
    await arun.deny({ input: { requests: waiting.map(({ id }) => id), justification } });
  }
  const { me: held } = await maya.myRoles();
  for (const { id } of held.active.nodes.filter((a) => a.state === 'ACTIVATED' && a.role.displayName === ROLE)) {
    say('maya ends what an earlier demonstration left active');
    await maya.deactivate({ input: { assignment: id, justification } });
  }
}

/** @returns the id of the eligible assignment */
async function refusedAtFirst({ maya }: Cast): Promise<string> {
  const { me } = await maya.myRoles();
  const eligible = me.eligible.nodes.find(({ role }) => role.displayName === ROLE);
  check(eligible !== undefined, `maya to be eligible for ${ROLE}`, me.eligible.nodes);
  say(`maya may activate ${ROLE}, which asks for ${eligible.activation?.requires.join(', ')}`);
  check((await others(maya)) === 0, 'maya to see nobody else’s Entra assignments', await others(maya));
  const { activate } = await maya.activate({ input: { eligibility: eligible.id, duration: 'PT30M' } });
  const [refusal] = activate.refusals;
  const failed = refusal?.failedRules.map(({ rule }) => rule).sort();
  check(failed?.join() === 'JUSTIFICATION,MFA', 'JUSTIFICATION and MFA to fail together', activate);
  check(refusal?.stepUp?.acrValues.join() === 'mfa', 'a step-up to mfa to be named', refusal);
  check(activate.request === null, 'no request to be made', activate.request);
  say(`maya asks and is refused: ${refusal.code} (${failed.join(', ')}); a sign-in with mfa would help`);
  return eligible.id;
}

/** @returns the id of the request */
async function asksAgain({ mayaWithMfa, followers }: Cast, eligibility: string): Promise<string> {
  const { me } = await mayaWithMfa.me();
  check(me.multiFactorAt !== null, 'the new token to prove a second factor', me);
  const justification = 'Quarterly review of who holds what';
  const { activate } = await mayaWithMfa.activate({ input: { eligibility, duration: 'PT30M', justification } });
  check(activate.status === 'PENDING_APPROVAL' && activate.request !== null, 'PENDING_APPROVAL', activate);
  const { id } = activate.request;
  say('maya signs in again with mfa and asks with a reason: PENDING_APPROVAL');
  await followers.arun.expect('REQUEST_CREATED', ({ request }) => request?.id === id);
  return id;
}

/** @returns the id of the activated assignment */
async function isApproved({ arun, followers }: Cast, requestId: string): Promise<string> {
  const { me } = await arun.myApprovals();
  const request = me.approvals.nodes.find(({ id }) => id === requestId);
  check(request !== undefined, 'the request among those that wait for arun', me.approvals.nodes);
  say(`arun reads “${request.justification}” and approves`);
  const { approve } = await arun.approve({ input: { requests: [requestId], justification: 'As announced' } });
  const [decided] = approve;
  check(decided?.status === 'PROVISIONED', 'PROVISIONED', approve);
  await followers.maya.expect('REQUEST_APPROVED', ({ request }) => request?.id === requestId);
  const activated = await followers.maya.expect('ASSIGNMENT_ACTIVATED', ({ request }) => request?.id === requestId);
  const { assignment } = activated;
  check(assignment !== null, 'the assignment in the event', activated);
  return assignment.id;
}

async function usesAndReturns({ maya, followers }: Cast, assignmentId: string): Promise<void> {
  const seen = await others(maya);
  check(seen > 0, 'maya to see others’ Entra assignments', seen);
  say(`maya uses the role: she reads ${seen} Entra assignments of others`);
  const { deactivate } = await maya.deactivate({ input: { assignment: assignmentId } });
  check(deactivate.status === 'REVOKED' && deactivate.refusals.length === 0, 'REVOKED', deactivate);
  say('maya gives the role back');
  await followers.maya.expect('ASSIGNMENT_DEACTIVATED', ({ assignment }) => assignment?.id === assignmentId);
  check((await others(maya)) === 0, 'maya to see nobody else’s Entra assignments again', await others(maya));
  say('maya sees nobody else’s Entra assignments any more');
}

/** How many Entra assignments of others are on the first page: neither her own nor of a group of hers. */
async function others(portcullis: Portcullis): Promise<number> {
  const { me } = await portcullis.me();
  const { assignments } = await portcullis.assignments({ filter: { providers: ['ENTRA_ROLE'] }, first: 200 });
  return assignments.nodes.filter(({ principal, via }) => principal.id !== me.principal.id && via === null).length;
}

function explain(error: unknown): string {
  if (error instanceof PortcullisError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

let gateway: Gateway | null = null;
try {
  gateway = await reachGateway();
  await play(gateway);
  say('everything went as it should');
} catch (error) {
  say(`FAILED: ${explain(error)}`);
  process.exitCode = 1;
} finally {
  await gateway?.stop();
}
