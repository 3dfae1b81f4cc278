/** Who holds which role right now, and until when? A snapshot, every change after it, and a word when something was missed. */
import {
  type AssignmentEventsSubscription,
  createPortcullis,
  type Gap,
  PortcullisError,
} from '../../typescript/portcullis.ts';
import { type Issuer, signedIn, signIn } from './signIn.ts';

type Item = AssignmentEventsSubscription['assignmentEvents'];
type Activation = NonNullable<Item['assignment']>;

interface Settings extends Issuer {
  /** Of the gateway, without a path. */
  readonly gateway: string;
}

const EVENTS_SHOWN = 12;
const SOON_SECONDS = 300;
const GAPS: Record<Gap['reason'], string> = {
  CURSOR_TOO_OLD: 'We were away for longer than the gateway remembers',
  OTHER_EPOCH: 'The gateway’s log was replaced',
  SNAPSHOT_RESTARTED: 'The connection was lost while the list was read',
};

/** The elements of the page. Whatever comes from the gateway is set as text, never as HTML. */
const part = (selector: string, within: ParentNode = document) => within.querySelector(selector) as HTMLElement;
const copy = (template: string) =>
  (part(template) as HTMLTemplateElement).content.firstElementChild?.cloneNode(true) as HTMLElement;
const write = (selector: string, text: string, within: ParentNode = document) => {
  part(selector, within).textContent = text;
};

const active = new Map<string, { readonly activation: Activation; readonly row: HTMLElement }>();
/** Null until the page knows how things stand. */
let position: number | null = null;
/** What the gateway's clock shows, at least, when `performance.now()` is 0. */
let clockOffset = Number.NEGATIVE_INFINITY;
const now = () => clockOffset + performance.now();

/** Whatever comes was written before it came: the latest that arrives tells the gateway's time best. */
function synchronize(at: string): void {
  clockOffset = Math.max(clockOffset, Date.parse(at) - performance.now());
}

function show(activation: Activation): void {
  active.get(activation.id)?.row.remove();
  active.delete(activation.id);
  if (activation.state !== 'ACTIVATED' || activation.endedBy !== null) return;
  const row = copy('#row');
  const { displayName } = activation.principal;
  write('.who', displayName, row);
  write(
    '.initials',
    displayName
      .split(' ')
      .map(([initial]) => initial)
      .join('')
      .slice(0, 2),
    row,
  );
  write('.role', `${activation.role.displayName} · ${activation.scope.displayName}`, row);
  part('.role', row).title = activation.scope.path;
  active.set(activation.id, { activation, row });
}

/** Whatever ends first is on top. */
function arrange(): void {
  const end = ({ activation: { endsAt } }: { activation: Activation }) => Date.parse(endsAt ?? '') || Number.MAX_VALUE;
  const rows = [...active.values()].sort((one, other) => end(one) - end(other)).map(({ row }) => row);
  part('#active').append(...rows);
  countDown();
}

function tell({ at, type, actor, principal, role, scope }: Item): void {
  const line = copy('#event');
  write('time', new Date(at).toLocaleTimeString(), line);
  write('strong', (principal ?? actor)?.displayName ?? 'The gateway', line);
  write('.what', (type ?? '').replace('ASSIGNMENT_', '').replaceAll('_', ' ').toLowerCase(), line);
  write('.role', [role?.displayName, scope?.displayName].filter(Boolean).join(' · '), line);
  part('#events').prepend(line);
  part('#events').children[EVENTS_SHOWN]?.remove();
}

/** Also every second. */
function countDown(): void {
  write('#count', `${active.size}`);
  part('#empty').hidden = active.size > 0;
  for (const { activation, row } of active.values()) {
    const [start, end] = [Date.parse(activation.startsAt), Date.parse(activation.endsAt ?? '')];
    const seconds = Math.max(0, Math.ceil(((start > now() ? start : end) - now()) / 1000));
    write('.left', Number.isNaN(seconds) ? 'no end' : `${start > now() ? 'in ' : ''}${clock(seconds)}`, row);
    part('.left', row).toggleAttribute('data-soon', seconds < SOON_SECONDS);
    (part('progress', row) as HTMLProgressElement).value = Math.min(1, Math.max(0, (end - now()) / (end - start))) || 0;
  }
}

function clock(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return [...(hours > 0 ? [hours] : []), minutes, seconds % 60]
    .map((part, index) => (index > 0 ? `${part}`.padStart(2, '0') : part))
    .join(':');
}

function say(state: string, sentence: string): void {
  part('#state').hidden = false;
  part('#state').dataset.state = state;
  write('#state', sentence);
}

function notice(sentence: string): void {
  part('#notice').hidden = false;
  write('#notice p', sentence);
}

async function watch({ gateway }: Settings, token: () => Promise<string>): Promise<void> {
  const { live } = createPortcullis({ url: `${gateway}/graphql`, token });
  const reach = (place: number | null) => {
    position = place;
    if (position === null) say('connecting', 'Connecting…');
    else say('live', `Live at position ${position.toLocaleString('en')}`);
  };
  const stream = live.assignmentEvents(
    { snapshot: true },
    {
      onState: (state) => (state === 'waiting' ? say(state, 'Reconnecting…') : state === 'live' && reach(position)),
      onHeartbeat: (heartbeat) => {
        synchronize(heartbeat.at);
        reach(heartbeat.position);
      },
      onGap: ({ reason }) => {
        reach(null);
        active.clear();
        part('#active').replaceChildren();
        notice(
          `${GAPS[reason]}, so what happened meanwhile may be missing below. The list of what is active was read anew.`,
        );
      },
    },
  );
  for await (const { assignmentEvents: item } of stream) {
    synchronize(item.at);
    if (item.type?.startsWith('ASSIGNMENT_')) tell(item);
    if (item.assignment) show(item.assignment);
    if (item.kind === 'SNAPSHOT') continue;
    reach(item.position);
    arrange();
  }
}

async function begin(): Promise<void> {
  const settings = (await (await fetch('settings.json')).json()) as Settings;
  const token = await signedIn(settings, () => location.reload());
  part(token ? '#board' : '#welcome').hidden = false;
  part('#welcome button').onclick = () => signIn(settings).catch(fail);
  part('#notice button').onclick = () => {
    part('#notice').hidden = true;
  };
  setInterval(countDown, 1000);
  if (token) await watch(settings, token);
}

function fail(error: unknown): void {
  say('ended', 'Not live');
  const why = error instanceof PortcullisError ? `${error.message} (${error.code})` : String(error);
  notice(`Nothing more is shown from here on. ${why}`);
}

begin().catch(fail);
