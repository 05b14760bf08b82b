import { countKey, everyKey, type Access, type AccessListener, type TrackedState } from "./track.js";

type Show = (map: TrackedState, method: string, args: readonly unknown[], result: unknown) => void;

/** What the steps of a run do to tracked maps. */
export class AccessLog implements AccessListener {
  /** What this step did; undefined where it may have done something else, too. */
  accesses: Access[] | undefined = undefined;
  /** Whether somebody looked at the order of entries. */
  isOrderSeen = false;
  readonly #doInsertionsConflict: boolean;
  readonly #show: Show | undefined;
  /** Maps made before the first step are made alike in every run. */
  #isSettingUp = true;
  #maps = 0;

  constructor(doInsertionsConflict: boolean, show: Show | undefined) {
    this.#doInsertionsConflict = doInsertionsConflict;
    this.#show = show;
  }

  /** @param isFullyTracked whether only tracked maps can tell what the step does to others */
  startStep(isFullyTracked: boolean): void {
    this.#isSettingUp = false;
    this.accesses = isFullyTracked ? [] : undefined;
  }

  /** The step does something that is not seen here. */
  forget(): void {
    this.accesses = undefined;
  }

  newMapId(): number | undefined {
    return this.#isSettingUp ? this.#maps++ : undefined;
  }

  #access(map: TrackedState, key: unknown, kind: Access["kind"]): void {
    if (this.accesses === undefined) return;
    const isKnown = map.id !== undefined && (typeof key !== "object" || key === null) && typeof key !== "function";
    if (isKnown) this.accesses.push({ map: map.id!, key, kind });
    else this.accesses = undefined;
  }

  /** An object that comes out of a map, or goes into it, is shared itself, and nobody sees what is done to it. */
  #exchange(value: unknown): void {
    if ((typeof value === "object" && value !== null) || typeof value === "function") this.accesses = undefined;
  }

  read(map: TrackedState, key: unknown, value: unknown): void {
    this.#access(map, key, "read");
    this.#exchange(value);
  }

  write(map: TrackedState, key: unknown, value: unknown): void {
    this.#access(map, key, "write");
    this.#exchange(value);
  }

  readSize(map: TrackedState): void {
    this.#access(map, countKey, "read");
  }

  resize(map: TrackedState): void {
    this.#access(map, countKey, this.#doInsertionsConflict ? "write" : "bump");
  }

  readAll(map: TrackedState): void {
    this.isOrderSeen = true;
    this.#access(map, everyKey, "read");
    this.accesses = undefined;
  }

  writeAll(map: TrackedState): void {
    this.#access(map, everyKey, "write");
  }

  callOpaque(): void {
    this.isOrderSeen = true;
    this.accesses = undefined;
  }

  show(map: TrackedState, method: string, args: readonly unknown[], result: unknown): void {
    this.#show?.(map, method, args, result);
  }
}
