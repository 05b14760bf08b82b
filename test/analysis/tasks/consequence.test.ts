import { describe, expect, it } from "vitest";
import { getAnalysis } from "../analyze.js";

/** What goes wrong in `f`, by the only hazard there. */
function getConsequence(body: string, rest = ""): string | undefined {
  const analysis = getAnalysis(`const m = new Map();\nexport async function f(k) { ${body} }\n${rest}`, { parser: "espree" });
  const hazards = analysis.getHazards().filter(({ kind }) => kind === "check-then-act" || kind === "duplicate-load");
  expect(hazards.length).toBe(1);
  return hazards[0]!.consequence;
}

const fill = (value: string): string => `if (!m.has(k)) { const v = ${value}; m.set(k, v); }`;

describe("the value is a resource", () => {
  it.each([["await connect(k)"], ["await pool.openChannel(k)"], ["await createSession(k)"], ["await spawn(k)"], ["new Connection(await g())"], ["{ conn: await connect(k), at: 1 }"], ["(await cached(k)) ?? (await connect(k))"]])("%s", (value) => {
    expect(getConsequence(fill(value))).toBe("resource");
  });

  it.each([["await createUser(k)"], ["new Manager(await g())"]])("that others know of: %s", (value) => {
    expect(getConsequence(fill(value))).toBe("resource");
  });

  it("if a model is set to work", () => {
    expect(getConsequence("if (!m.has(k)) { const v = new Document(await g()); v.on('update', send); m.set(k, v); }")).toBe("resource");
  });

  it("if a chain hands over what was opened", () => {
    expect(getConsequence("if (m.has(k)) return; connect(k).then((c) => { m.set(k, c); });")).toBe("resource");
  });

  it("if its entries are closed somewhere", () => {
    expect(getConsequence(fill("await load(k)"), "export function shut() { for (const c of m.values()) c.close(); }")).toBe("resource");
  });

  it("if a helper stores what the caller opened", () => {
    expect(getConsequence("if (!m.has(k)) { const c = await connect(k); store(k, c); }", "function store(k, c) { m.set(k, c); }")).toBe("resource");
  });
});

describe("the check refuses", () => {
  it("by throwing", () => {
    expect(getConsequence("if (m.has(k)) throw new Error(); const v = await load(k); m.set(k, v);")).toBe("refusal");
  });

  it("by returning a constant", () => {
    expect(getConsequence("if (m.has(k)) return false; const v = await load(k); m.set(k, v); return true;")).toBe("refusal");
  });

  it("by keeping from a second message", () => {
    expect(getConsequence("if (m.has(k)) return; const v = await load(k); notify(k); m.set(k, v);")).toBe("refusal");
  });

  it("not by an answer that is remembered", () => {
    expect(getConsequence("if (m.has(k)) return true; const v = await load(k); m.set(k, v); return v.ok;")).toBe("data");
  });

  it("by a quota", () => {
    expect(getConsequence("if (m.size >= 10) throw new Error(); const v = await load(k); m.set(k, v);")).toBe("refusal");
  });
});

describe("entries have an identity", () => {
  it("if they are changed somewhere", () => {
    expect(getConsequence(fill("await load(k)"), "export function put(k, x) { m.get(k).push(x); }")).toBe("identity");
  });

  it("if a field of theirs is assigned", () => {
    expect(getConsequence(fill("await load(k)"), "export function touch(k) { m.get(k).at = 1; }")).toBe("identity");
  });
});

describe("plain data is loaded twice", () => {
  it.each([["await load(k)"], ["await fetchUser(k)"], ["await createHash(k)"], ["1 + (await count(k))"], ["await loadProject(k)"], ["new Workspace(await g())"], ["createNode(await g())"]])("%s", (value) => {
    expect(getConsequence(fill(value))).toBe("data");
  });

  it("where the other outcome hands out what is there", () => {
    expect(getConsequence("if (m.has(k)) return m.get(k); const v = await load(k); m.set(k, v); return v;")).toBe("data");
  });
});
