/** How does a bench say what it found? A table for people, and a last line for programs. */

export interface Measure {
  /** With its unit, such as "first answer on an empty folder, s". */
  readonly what: string;
  readonly value: number;
  /** What it must reach for the bench to pass; left out for what is only shown, such as the bare limit. */
  readonly gate?: number;
  /** What we want it to reach. */
  readonly goal?: number;
  /** Default 'lower'. */
  readonly better?: 'lower' | 'higher';
}

/** Prints everything measured; a missed gate is a result like any other and no failure to run. */
export function report(name: string, measures: readonly Measure[]): void {
  const gates = measures.flatMap(({ what, value, gate, goal, better }) => {
    if (gate === undefined) return [];
    return [
      {
        what,
        value: round(value),
        gate,
        goal: goal ?? gate,
        pass: better === 'higher' ? value >= gate : value <= gate,
      },
    ];
  });
  const passed = new Map(gates.map(({ what, pass }) => [what, pass]));
  printTable(
    ['', 'value', 'gate', 'goal', ''],
    measures.map((each) => [
      each.what,
      String(round(each.value)),
      bound(each, each.gate),
      bound(each, each.goal),
      passed.has(each.what) ? (passed.get(each.what) ? 'pass' : 'FAIL') : '',
    ]),
  );
  console.log(`RESULT ${JSON.stringify({ name, pass: gates.every(({ pass }) => pass), gates })}`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

const round = (value: number) => Number(value.toPrecision(3));

function bound({ better }: Measure, limit: number | undefined): string {
  return limit === undefined ? '' : `${better === 'higher' ? '≥' : '≤'} ${limit}`;
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  for (const line of lines) {
    const cells = line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    console.log(cells.join('  ').trimEnd());
  }
}
