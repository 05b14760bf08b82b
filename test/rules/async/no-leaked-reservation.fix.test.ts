import { testFixes, testNoFix } from "../../fixes/cases.js";

const header = `async function load(id: string): Promise<string> {
  const response = await fetch(id);
  return response.text();
}
const log = (text: string) => console.log(text);
`;

const file = { rule: "no-leaked-reservation", header };

testFixes("no-leaked-reservation: --fix takes a rejected promise out", file, [
  {
    name: "const p = load(k); m.set(k, p)",
    before: `const pages = new Map<string, Promise<string>>();
export function getPage(id: string) {
  const known = pages.get(id);
  if (known) return known;
  const page = load(id);
  pages.set(id, page); // in flight
  return page;
}
`,
    after: `const pages = new Map<string, Promise<string>>();
export function getPage(id: string) {
  const known = pages.get(id);
  if (known) return known;
  const page = load(id);
  pages.set(id, page); // in flight
  page.catch(() => {
    if (pages.get(id) === page) pages.delete(id);
  });
  return page;
}
`,
  },
  {
    name: "m.set(k, load(k))",
    before: `const pages = new Map<string, Promise<string>>();
export function getPage(id: string) {
  if (!pages.has(id)) {
    pages.set(id, load(id));
  }
  return pages.get(id)!;
}
`,
    after: `const pages = new Map<string, Promise<string>>();
export function getPage(id: string) {
  if (!pages.has(id)) {
    const pending = load(id);
    pages.set(id, pending);
    pending.catch(() => {
      if (pages.get(id) === pending) pages.delete(id);
    });
  }
  return pages.get(id)!;
}
`,
  },
  {
    name: "if (!m.has(k)) m.set(k, load(k))",
    before: `const pages = new Map<string, Promise<string>>();
export function getPage(id: string) {
  if (!pages.has(id)) pages.set(id, load(id));
  return pages.get(id)!;
}
`,
    after: `const pages = new Map<string, Promise<string>>();
export function getPage(id: string) {
  if (!pages.has(id)) {
    const pending = load(id);
    pages.set(id, pending);
    pending.catch(() => {
      if (pages.get(id) === pending) pages.delete(id);
    });
  }
  return pages.get(id)!;
}
`,
  },
]);

testFixes("no-leaked-reservation: --fix releases in finally", file, [
  {
    name: "a busy flag",
    before: `const busy = new Set<string>();
export async function sync(id: string) {
  if (busy.has(id)) return;
  busy.add(id);
  // the work
  const text = await load(id);
  log(\`one
two\${text}\`);
  busy.delete(id); // free again
}
`,
    after: `const busy = new Set<string>();
export async function sync(id: string) {
  if (busy.has(id)) return;
  busy.add(id);
  // the work
  try {
    const text = await load(id);
    log(\`one
two\${text}\`);
  } finally {
    busy.delete(id); // free again
  }
}
`,
  },
  {
    name: "a busy flag before a return",
    before: `const busy = new Set<string>();
export async function sync(id: string) {
  if (busy.has(id)) return undefined;
  busy.add(id);
  const text = await load(id);
  busy.delete(id);
  return text;
}
`,
    after: `const busy = new Set<string>();
export async function sync(id: string) {
  if (busy.has(id)) return undefined;
  busy.add(id);
  try {
    const text = await load(id);
    return text;
  } finally {
    busy.delete(id);
  }
}
`,
  },
]);

testFixes("no-leaked-reservation: --fix takes a placeholder back", file, [
  {
    name: "m.set(k, null); .. m.set(k, v)",
    before: `const texts = new Map<string, string | null>();
export async function get(id: string) {
  if (texts.has(id)) return texts.get(id);
  texts.set(id, null);
  const text = await load(id);
  texts.set(id, text);
  return text;
}
`,
    after: `const texts = new Map<string, string | null>();
export async function get(id: string) {
  if (texts.has(id)) return texts.get(id);
  texts.set(id, null);
  try {
    const text = await load(id);
    texts.set(id, text);
    return text;
  } catch (error) {
    texts.delete(id);
    throw error;
  }
}
`,
  },
]);

testNoFix("no-leaked-reservation: no fix", file, [
  {
    name: "for work whose names are used later",
    before: `const busy = new Set<string>();
export async function sync(id: string) {
  if (busy.has(id)) return undefined;
  busy.add(id);
  const text = await load(id);
  busy.delete(id);
  log(text);
  return text;
}
`,
  },
]);
