import { SafeMap } from "mapguard";

export type Charge = (user: string, seat: string) => Promise<void>;

/** Sells the seats of a show, each once: bookings of one seat wait for each other. */
export class Seats {
  readonly #owners = new SafeMap<string, string>();
  readonly #charge: Charge;

  constructor(charge: Charge) {
    this.#charge = charge;
  }

  book(seat: string, user: string): Promise<boolean> {
    return this.#owners.runExclusive([seat], async () => {
      if (this.#owners.has(seat)) return false;
      await this.#charge(user, seat);
      this.#owners.set(seat, user);
      return true;
    });
  }

  ownerOf(seat: string): string | undefined {
    return this.#owners.get(seat);
  }
}
