export type Charge = (user: string, seat: string) => Promise<void>;

/** Sells the seats of a show. */
export class Seats {
  readonly #owners = new Map<string, string>();
  readonly #charge: Charge;

  constructor(charge: Charge) {
    this.#charge = charge;
  }

  async book(seat: string, user: string): Promise<boolean> {
    if (this.#owners.has(seat)) return false;
    await this.#charge(user, seat);
    this.#owners.set(seat, user);
    return true;
  }

  ownerOf(seat: string): string | undefined {
    return this.#owners.get(seat);
  }
}
