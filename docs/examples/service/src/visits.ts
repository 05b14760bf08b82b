import { saveCount } from "./backend.js";

const visits = new Map<string, number>();

export async function countVisit(page: string): Promise<void> {
  const count = (visits.get(page) ?? 0) + 1;
  await saveCount(page, count);
  visits.set(page, count);
}

export function getVisits(page: string): number {
  return visits.get(page) ?? 0;
}
