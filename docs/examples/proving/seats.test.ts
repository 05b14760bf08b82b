import { expect, it } from "vitest";
import "mapguard/testing/vitest";
import { Seats } from "./safe-seats.js";
import { twoBuyers } from "./scenario.js";

it("sells a seat once, whatever the order and whoever cannot pay", async () => {
  await expect(twoBuyers(Seats)).toHaveNoRace({ exhaustive: true });
});
