import { collectGarbage } from "./collector.js";
import { now, wait } from "./drain.js";

export interface CollectedOptions {
  /** Milliseconds until it counts as kept (2,000). */
  readonly timeout?: number;
  /** What the error calls it ("the object"). */
  readonly name?: string;
}


function watch(value: object, isCollected: { value: boolean }): FinalizationRegistry<undefined> {
  const registry = new FinalizationRegistry<undefined>(() => {
    isCollected.value = true;
  });
  registry.register(value, undefined);
  return registry;
}

/** In a function of its own: no frame of the caller may keep the object. */
async function probe(make: () => object | PromiseLike<object>, isCollected: { value: boolean }): Promise<FinalizationRegistry<undefined>> {
  const value = await make();
  if ((typeof value !== "object" && typeof value !== "function") || value === null) throw new TypeError("expectCollected needs a function that gives an object");
  return watch(value, isCollected);
}

/**
 * A leak probe: `make` makes an object, uses it as the code under test would, and gives it; then nothing may keep it.
 * @throws when it is still reachable after repeated collections
 */
export async function expectCollected(make: () => object | PromiseLike<object>, options: CollectedOptions = {}): Promise<void> {
  const { timeout = 2_000, name = "the object" } = options;
  const isCollected = { value: false };
  const registry = await probe(make, isCollected);
  const end = now() + timeout;
  let collections = 0;
  do {
    await wait(1);
    collectGarbage();
    collections++;
    await wait(1);
    if (isCollected.value) return;
  } while (now() < end);
  void registry;
  throw new Error(`${name} is still reachable after ${collections} garbage collections: something keeps it`);
}
