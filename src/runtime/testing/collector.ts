import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** A full garbage collection, with or without `--expose-gc`. Give it a macrotask before what died is noticed. */
export function collectGarbage(): void {
  collect ??= (globalThis as { gc?: () => void }).gc ?? exposeCollector();
  collect();
}

function exposeCollector(): () => void {
  setFlagsFromString("--expose-gc");
  try {
    return runInNewContext("gc") as () => void;
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
