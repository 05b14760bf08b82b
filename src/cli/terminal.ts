import pc from "picocolors";

import type { Paint } from "../explain/draw-timeline.js";
import { PLAIN_PAINT } from "../explain/draw-timeline.js";

/** A stream as far as drawing on it goes. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Colors extends Paint {
  error(text: string): string;
  warning(text: string): string;
  good(text: string): string;
  bold(text: string): string;
}

const DEFAULT_WIDTH = 110;
const MIN_WIDTH = 40;

/** `NO_COLOR` wins, then `FORCE_COLOR`, then whether somebody is looking. */
export function hasColors(stream: OutputStream, env: NodeJS.ProcessEnv): boolean {
  if (env["NO_COLOR"]) return false;
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

/** Columns to draw on: the terminal's, else `COLUMNS`, else enough for two columns of code. */
export function getWidth(stream: OutputStream, env: NodeJS.ProcessEnv): number {
  return Math.max(MIN_WIDTH, stream.columns ?? (Number.parseInt(env["COLUMNS"] ?? "", 10) || DEFAULT_WIDTH));
}

export function createColors(isEnabled: boolean): Colors {
  const { red, yellow, green, cyan, bold, dim } = pc.createColors(isEnabled);
  if (!isEnabled) return { ...PLAIN_PAINT, error: String, warning: String, good: String, bold: String };
  const byKind = { start: dim, read: cyan, suspend: yellow, resume: dim, write: green, wrong: (text: string) => bold(red(text)), note: dim };
  return { title: bold, code: String, faint: dim, step: (kind, text) => byKind[kind](text), error: red, warning: yellow, good: green, bold };
}
