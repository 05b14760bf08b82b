import type { OutputStream } from "./terminal.js";

/** A line that is redrawn in place while the scan runs. Silent where nobody is looking. */
export interface Progress {
  update(done: number, total: number): void;
  clear(): void;
}

const REDRAW_EVERY_MS = 80;
const BAR_WIDTH = 24;
const CLEAR_LINE = "\r\u001b[K";

function drawBar(done: number, total: number): string {
  const filled = Math.round((BAR_WIDTH * done) / total);
  return `${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)} ${done}/${total} files`;
}

export function createProgress(stream: OutputStream, isEnabled = stream.isTTY === true): Progress {
  let drawnAt = 0;
  return {
    update(done, total) {
      const now = performance.now();
      if (!isEnabled || now - drawnAt < REDRAW_EVERY_MS) return;
      drawnAt = now;
      stream.write(CLEAR_LINE + drawBar(done, total));
    },
    clear() {
      if (isEnabled && drawnAt > 0) stream.write(CLEAR_LINE);
    },
  };
}
