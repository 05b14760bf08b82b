import assert from "node:assert/strict";
import type { Scenario } from "mapguard/testing";
import type { Charge } from "./seats.js";

interface Booking {
  book(seat: string, user: string): Promise<boolean>;
  ownerOf(seat: string): string | undefined;
}

/** Two users want the same seat, and payments may fail. Who is charged must be who sits there. */
export function twoBuyers(Seats: new (charge: Charge) => Booking): Scenario {
  return ({ io, spawn }) => {
    const charged: string[] = [];
    const charge = io("charge", (user: string, _seat: string) => void charged.push(user), { effect: "completion", rejects: true });
    const seats = new Seats(charge);
    spawn("ann", () => seats.book("12A", "ann"));
    spawn("bob", () => seats.book("12A", "bob"));
    return () => {
      assert.ok(charged.length <= 1, `${charged.join(" and ")} paid for one seat`);
      assert.equal(seats.ownerOf("12A"), charged[0]);
    };
  };
}
