import { writeReport } from "./backend.js";

const running = new Map<string, AbortController>();

/** Starts a report; a new one calls off the one before. */
export async function startReport(user: string): Promise<void> {
  running.get(user)?.abort();
  const controller = new AbortController();
  running.set(user, controller);
  try {
    await writeReport(user, controller.signal);
  } finally {
    running.delete(user);
  }
}

export function isReporting(user: string): boolean {
  return running.has(user);
}
