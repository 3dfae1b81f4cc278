/** What does a delivery say, and who may be given the same? Executed once for all who see the same, and kept as text. */
import type { Viewer } from '../decision/powers.ts';
import type { StreamItem } from './item.ts';
import type { LiveViewer } from './viewers.ts';

/** One message's payload, made once however often it is sent. */
export class Frame {
  readonly text: string;
  /** What kept it from being made; null when nothing did. */
  readonly failure: Error | null;
  #bytes: Buffer | null = null;

  constructor(text: string, failure: Error | null = null) {
    this.text = text;
    this.failure = failure;
  }

  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.text);
    return this.#bytes;
  }
}

/** For whom an item is put into words. */
export interface View {
  readonly viewer: Viewer;
  /** For everybody who sees as much: nothing may depend on who the viewer is. */
  readonly isShared: boolean;
  /** Called when something does after all. */
  readonly onPersonal: () => void;
  /** What has been read for the same viewer at the same moment. */
  readonly memo: Map<unknown, unknown>;
}

/** How subscriptions want their items: the selection of their document. */
export interface Rendering {
  /** Equal keys give equal frames to equal viewers. */
  readonly key: string;
  render(item: StreamItem, view: View): Promise<Frame>;
}

/** Reads made together: deliveries of one batch share what they load for equal viewers. */
export class Moment {
  readonly #memos = new Map<string, Map<unknown, unknown>>();

  memo(key: string): Map<unknown, unknown> {
    let memo = this.#memos.get(key);
    if (!memo) {
      memo = new Map();
      this.#memos.set(key, memo);
    }
    return memo;
  }
}

/** How long a frame may be given to others, in milliseconds: what it shows is as of then. */
const FRAME_HOLDS = 500;

interface Kept<T> {
  readonly madeAt: number;
  readonly frame: Promise<T>;
}

/** An item on its way to any number of subscribers. */
export class Entry {
  readonly item: StreamItem;
  readonly #personal = new Map<string, Kept<Frame>>();
  readonly #shared = new Map<string, Kept<Frame | null>>();

  constructor(item: StreamItem) {
    this.item = item;
  }

  /** For one viewer alone. */
  personal(rendering: Rendering, { key, viewer }: LiveViewer, moment: Moment): Promise<Frame> {
    return kept(this.#personal, `${rendering.key}\n${key}`, () =>
      rendering.render(this.item, { viewer, isShared: false, onPersonal: () => undefined, memo: moment.memo(key) }),
    );
  }

  /** For everybody with the same sight and no part in the event. Null: the document shows something of the viewer's own. */
  shared(rendering: Rendering, { sight, viewer }: LiveViewer, moment: Moment): Promise<Frame | null> {
    return kept(this.#shared, `${rendering.key}\n${sight}`, async () => {
      let depends = false;
      const onPersonal = () => {
        depends = true;
      };
      const frame = await rendering.render(this.item, { viewer, isShared: true, onPersonal, memo: moment.memo(sight) });
      return depends ? null : frame;
    });
  }

  /** Frames that nobody may be given any more. */
  forgetFrames(): void {
    const oldest = performance.now() - FRAME_HOLDS;
    for (const frames of [this.#personal, this.#shared]) {
      for (const [key, { madeAt }] of frames) if (madeAt < oldest) frames.delete(key);
    }
  }
}

function kept<T>(frames: Map<string, Kept<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = frames.get(key);
  if (known && performance.now() - known.madeAt < FRAME_HOLDS) return known.frame;
  const frame = make();
  frames.set(key, { madeAt: performance.now(), frame });
  return frame;
}
