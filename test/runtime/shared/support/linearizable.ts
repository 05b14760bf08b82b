/** One call on one key: what was asked, what came back, and when on a clock that all threads share. */
export interface Call {
  /** "touch" is a write that finds its condition not met: it moves buckets, and changes nothing. */
  op: "touch" | "get" | "has" | "set" | "delete" | "add" | "compareAndSet" | "insert";
  key: string;
  /** set, insert: the value; add: what is added; compareAndSet: the replacement. */
  value?: number;
  expected?: number;
  /** Absent for a call whose thread died in it: it may have happened or not. */
  result?: number | boolean | undefined;
  start: number;
  /** Infinity if it never came back. */
  end: number;
}

type State = number | undefined;

/** What a call gives and leaves behind in a sequential map, for the state of its key. */
function apply(call: Call, state: State): { result: number | boolean | undefined; state: State } {
  switch (call.op) {
    case "touch":
      return { result: undefined, state };
    case "get":
      return { result: state, state };
    case "has":
      return { result: state !== undefined, state };
    case "set":
      return { result: undefined, state: call.value };
    case "delete":
      return { result: state !== undefined, state: undefined };
    case "add":
      return { result: (state ?? 0) + call.value!, state: (state ?? 0) + call.value! };
    case "compareAndSet":
      return state === call.expected ? { result: true, state: call.value } : { result: false, state };
    case "insert":
      return { result: state ?? call.value, state: state ?? call.value };
  }
}

const isPending = (call: Call): boolean => call.end === Infinity;

/** A call that was put next, and the state and place to go back to if nothing fits after it. */
interface Step {
  index: number;
  first: number;
  state: State;
}

/**
 * Whether the calls on one key have an order, true to real time, that a sequential map could have answered
 * (Wing and Gong's search, with Lowe's memory of what was tried). Keeps its own stack: histories are long.
 */
function isKeyLinearizable(calls: Call[], initial: State): boolean {
  const sorted = [...calls].sort((a, b) => a.start - b.start);
  const done = new Array<boolean>(sorted.length).fill(false);
  const tried = new Set<string>();
  const steps: Step[] = [];
  let left = sorted.filter((call) => !isPending(call)).length;
  let first = 0;
  let state = initial;
  let from = 0;

  /** The next call from `from` on that may come now and answers rightly; -1 if there is none. */
  const findNext = (): number => {
    let earliestEnd = Infinity;
    for (let i = first; i < sorted.length && sorted[i]!.start <= earliestEnd; i++) {
      if (done[i]) continue;
      const call = sorted[i]!;
      if (i >= from && (isPending(call) || apply(call, state).result === call.result)) return i;
      earliestEnd = Math.min(earliestEnd, call.end);
    }
    return -1;
  };
  const isNew = (): boolean => {
    const beyond: number[] = [];
    let earliestEnd = Infinity;
    for (let i = first; i < sorted.length && sorted[i]!.start <= earliestEnd; i++) {
      if (done[i]) beyond.push(i);
      else earliestEnd = Math.min(earliestEnd, sorted[i]!.end);
    }
    const memo = `${first}:${beyond.join()}:${state}`;
    if (tried.has(memo)) return false;
    tried.add(memo);
    return true;
  };
  const mark = (index: number, isDone: boolean): void => {
    done[index] = isDone;
    if (!isPending(sorted[index]!)) left += isDone ? -1 : 1;
  };

  while (left > 0) {
    const index = findNext();
    if (index >= 0) {
      steps.push({ index, first, state });
      mark(index, true);
      state = apply(sorted[index]!, state).state;
      while (done[first]) first++;
      from = first;
      if (isNew()) continue;
    }
    const last = steps.pop();
    if (last === undefined) return false;
    mark(last.index, false);
    ({ first, state } = last);
    from = last.index + 1;
  }
  return true;
}

/** The keys whose calls no sequential map explains. Keys are independent of each other, so each is checked alone. */
export function findViolations(calls: Call[], initial = new Map<string, number>()): string[] {
  const byKey = new Map<string, Call[]>();
  for (const call of calls) byKey.set(call.key, [...(byKey.get(call.key) ?? []), call]);
  return [...byKey].filter(([key, list]) => !isKeyLinearizable(list, initial.get(key))).map(([key]) => key);
}
