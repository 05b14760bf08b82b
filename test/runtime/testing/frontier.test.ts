import { describe, expect, it } from "vitest";
import { Frontier } from "../../../src/runtime/testing/frontier.js";

function takeAll(frontier: Frontier<string>): string[] {
  const taken: string[] = [];
  while (frontier.take()) taken.push(`${frontier.cost}:${frontier.choice}`);
  return taken;
}

describe("the frontier", () => {
  it("gives the cheapest first, and among equals those that came first when their turn begins", () => {
    const frontier = new Frontier<string>();
    for (const [cost, choice] of [[1, 1], [0, 2], [1, 3], [3, 4], [0, 5]] as const) frontier.push(cost, 0, 0, choice, 0, undefined);
    expect(takeAll(frontier)).toEqual(["0:2", "0:5", "1:1", "1:3", "3:4"]);
    expect(frontier.isEmpty()).toBe(true);
  });

  it("goes deep: what is found at the cost in turn comes next", () => {
    const frontier = new Frontier<string>();
    frontier.push(0, 0, 0, 1, 0, undefined);
    frontier.push(0, 0, 0, 2, 0, undefined);
    frontier.take();
    frontier.push(0, 0, 0, 3, 0, undefined);
    expect(takeAll(frontier)).toEqual(["0:3", "0:2"]);
  });

  it("keeps trails, signatures and what goes with them, however many there are", () => {
    const frontier = new Frontier<string>();
    const count = 500;
    for (let i = 0; i < count; i++) {
      const start = frontier.keep(Int32Array.of(i, -i), 2);
      frontier.push(0, start, 2, i, i * 7, `extra ${i}`);
    }
    for (let i = 0; i < count; i++) {
      frontier.take();
      const { trails, start, length, choice, signature, extra } = frontier;
      expect([...trails.subarray(start, start + length), choice, signature, extra]).toEqual([i, 0 - i, i, i * 7, `extra ${i}`]);
    }
    expect(frontier.take()).toBe(false);
  });
});
