// The package brings its source instead of declarations, and that does not pass our checks.
export class Semaphore {
  constructor(count: number);
  acquire(): Promise<() => void>;
  use<T>(run: () => Promise<T>): Promise<T>;
}
export class Mutex extends Semaphore {
  constructor();
}
