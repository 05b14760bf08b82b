import * as asyncMutex from "async-mutex";
import assert from "node:assert/strict";
import type { Evidence } from "../evidence.js";

const incorrect = `import { Mutex } from "async-mutex";
import { charge } from "./payments.js";

export type Seat = "12A" | "12B" | "12C";

const mutex = new Mutex();
const seats = new Map<Seat, string>();

export async function book(seat: Seat, user: string): Promise<boolean> {
  return mutex.runExclusive(async () => {
    if (seats.has(seat)) return false;
    await charge(user);
    seats.set(seat, user);
    return true;
  });
}

export async function assign(seat: Seat, user: string): Promise<boolean> {
  if (seats.has(seat)) return false;
  seats.set(seat, user);
  return true;
}
`;

const correct = incorrect
  .replace("const seats", "/** @guardedBy(mutex) */\nconst seats")
  .replace(
    `  if (seats.has(seat)) return false;
  seats.set(seat, user);
  return true;
`,
    `  return mutex.runExclusive(() => {
    if (seats.has(seat)) return false;
    seats.set(seat, user);
    return true;
  });
`,
  );

type Seat = "12A" | "12B" | "12C";

interface Module {
  book(seat: Seat, user: string): Promise<boolean>;
  assign(seat: Seat, user: string): Promise<boolean>;
}

export const evidence: Evidence = {
  rule: "require-map-policy",
  title: "Nothing tells of the lock, and one seat is given to two",
  kind: "explore",
  incorrect,
  correct,
  scenario:
    (load) =>
    ({ io, spawn }) => {
      const { book, assign } = load<Module>({ "async-mutex": asyncMutex, "./payments.js": { charge: io("charge") } });
      const tasks = [spawn("A: book()", () => book("12A", "ann")), spawn("B: assign()", () => assign("12A", "bob"))];
      return () => assert.equal(tasks.filter((task) => task.value === true).length, 1, "the seat was given to two");
    },
};
