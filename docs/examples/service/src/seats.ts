import { charge } from "./backend.js";

export const SEATS = 3;

const receipts = new Map<string, number>();

/** Sells a seat, as long as there are any. */
export async function buySeat(user: string): Promise<boolean> {
  if (receipts.size >= SEATS) return false;
  const { receipt } = await charge(user);
  receipts.set(user, receipt);
  return true;
}

export function countSold(): number {
  return receipts.size;
}
