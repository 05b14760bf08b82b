import { SafeMap } from "mapguard";

const sessions = new SafeMap<string, number>([["a", 1], ["b", 2], ["c", 3]], { name: "sessions" });

export async function report(write: (line: string) => Promise<void>): Promise<void> {
  const snapshot = sessions.snapshot();
  try {
    for (const [id, value] of snapshot) await write(`${id}=${value}`);
  } finally {
    snapshot.dispose();
  }
}

export async function main(): Promise<string> {
  const lines: string[] = [];
  await report(async (line) => {
    lines.push(line);
    sessions.clear();
  });
  return lines.join(" ");
}
