/** Runs `count` operations. */
export type Run = (count: number) => void | Promise<void>;

export interface Bar {
  /** At most so many times the reference. */
  ratio?: number;
  /** At most so many nanoseconds an operation. */
  nanoseconds?: number;
}

export interface Side {
  name: string;
  run: Run;
  bar?: Bar;
  /** Operations in one run, if not the comparison's. */
  count?: number;
}

export interface Comparison {
  title: string;
  /** Operations in one run. */
  count: number;
  rounds?: number;
  /** What all others are measured against. */
  reference: Side;
  others: Side[];
}

export interface Row {
  title: string;
  name: string;
  nanoseconds: number;
  ratio: number;
  /** By the clock, where `ratio` is of processor time. */
  clockRatio?: number;
  bar: string;
  holds: boolean | undefined;
}

/** Something measured that is no time an operation. */
export interface Figure {
  what: string;
  measured: string;
  bar: string;
  holds: boolean | undefined;
}

const warmUpRounds = 5;

/**
 * Measures all sides turn by turn, in alternating order, so that they share what the machine is going through. The ratio is the
 * median of the rounds' ratios; the time, in ns an operation, is the tenth percentile, which other work on the machine disturbs least.
 */
export async function compare({ title, count, rounds = 25, reference, others }: Comparison): Promise<Row[]> {
  const sides = [reference, ...others];
  const times: number[][] = sides.map(() => []);
  for (let round = -warmUpRounds; round < rounds; round++) {
    const order = [...sides.entries()];
    if (round % 2 !== 0) order.reverse();
    for (const [index, side] of order) {
      const time = await timeOf(side.run, side.count ?? count);
      if (round >= 0) times[index]!.push(time);
    }
  }
  return sides.map(({ name, bar }, index) => {
    const nanoseconds = percentile(times[index]!, 0.1);
    const ratio = percentile(times[index]!.map((time, round) => time / times[0]![round]!), 0.5);
    return { title, name, nanoseconds, ratio, bar: describeBar(bar), holds: holdsBar(bar, nanoseconds, ratio) };
  });
}

export function print(rows: readonly Row[]): void {
  const hasClock = rows.some(({ clockRatio }) => clockRatio !== undefined);
  const cells = rows.map((row, index) => [
    rows[index - 1]?.title === row.title ? "" : row.title,
    row.name,
    row.nanoseconds.toFixed(row.nanoseconds < 100 ? 1 : 0),
    `${row.ratio.toFixed(2)}x`,
    ...(hasClock ? [`${row.clockRatio?.toFixed(2) ?? ""}x`] : []),
    row.bar,
    getVerdict(row.holds),
  ]);
  printTable([["", "", "ns/op", ...(hasClock ? ["ratio (cpu)", "ratio (clock)"] : ["ratio"]), "bar", ""], ...cells], 2);
}

export function printFigures(figures: readonly Figure[]): void {
  printTable(figures.map(({ what, measured, bar, holds }) => [what, measured, bar, getVerdict(holds)]), 2);
}

function getVerdict(holds: boolean | undefined): string {
  return holds === undefined ? "" : holds ? "holds" : "MISSED";
}

/** The first columns stand to the left, numbers to the right. */
function printTable(lines: readonly (readonly string[])[], leftColumns: number): void {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  for (const line of lines) {
    console.log(line.map((cell, column) => (column < leftColumns ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join("  ").trimEnd());
  }
}

async function timeOf(run: Run, count: number): Promise<number> {
  const start = process.hrtime.bigint();
  await run(count);
  return Number(process.hrtime.bigint() - start) / count;
}

function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * sorted.length)]!;
}

function describeBar(bar: Bar | undefined): string {
  if (bar?.ratio !== undefined) return `<= ${bar.ratio}x`;
  return bar?.nanoseconds === undefined ? "" : `<= ${bar.nanoseconds} ns`;
}

function holdsBar(bar: Bar | undefined, nanoseconds: number, ratio: number): boolean | undefined {
  if (bar === undefined) return undefined;
  return ratio <= (bar.ratio ?? Infinity) && nanoseconds <= (bar.nanoseconds ?? Infinity);
}
