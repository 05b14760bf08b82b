import type { Core } from "./core.js";
import { EntryTooLargeError } from "./errors.js";

/** `keyMeta` = kind | byte length << 2. */
export const KEY = { latin1: 0, utf16: 1, number: 2 } as const;
const LONGEST_KEY_BYTES = 1 << 26;

const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);

function scramble(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/** Last step of MurmurHash3: every bit of the input reaches every bit of the hash. */
function finish(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function reserveKeyWords(core: Core, bytes: number): Int32Array {
  if (bytes > LONGEST_KEY_BYTES || bytes >> 2 > core.maxEntryWords - 8) {
    throw new EntryTooLargeError(bytes, core.maxEntryWords * 4);
  }
  const words = (bytes + 3) >> 2;
  if (words > core.keyWords.length) core.keyWords = new Int32Array(words * 2);
  return core.keyWords;
}

function encodeWide(core: Core, key: string): void {
  const length = key.length;
  const out = reserveKeyWords(core, length * 2);
  let hash = core.seed ^ KEY.utf16;
  let at = 0;
  for (let i = 0; i < length; i += 2) {
    const word = key.charCodeAt(i) | (i + 1 < length ? key.charCodeAt(i + 1) << 16 : 0);
    out[at++] = word;
    hash = scramble(hash, word);
  }
  core.keyLength = at;
  core.keyMeta = KEY.utf16 | (length << 3);
  core.hash = finish(hash);
}

function encodeString(core: Core, key: string): void {
  const length = key.length;
  const out = length > 512 ? reserveKeyWords(core, length) : core.keyWords;
  const whole = length & ~3;
  let hash = core.seed;
  let seen = 0;
  let at = 0;
  for (let i = 0; i < whole; i += 4) {
    const a = key.charCodeAt(i);
    const b = key.charCodeAt(i + 1);
    const c = key.charCodeAt(i + 2);
    const d = key.charCodeAt(i + 3);
    seen |= a | b | c | d;
    const word = a | (b << 8) | (c << 16) | (d << 24);
    out[at++] = word;
    hash = scramble(hash, word);
  }
  if (whole !== length) {
    let word = 0;
    for (let i = whole, shift = 0; i < length; i++, shift += 8) {
      const code = key.charCodeAt(i);
      seen |= code;
      word |= code << shift;
    }
    out[at++] = word;
    hash = scramble(hash, word);
  }
  if (seen > 255) return encodeWide(core, key);
  core.keyLength = at;
  core.keyMeta = KEY.latin1 | (length << 2);
  core.hash = finish(hash);
}

function encodeNumber(core: Core, key: number): void {
  // As in Map: -0 is 0, and there is one NaN.
  float[0] = key === 0 ? 0 : key;
  const low = (core.keyWords[0] = floatWords[0]!);
  const high = (core.keyWords[1] = floatWords[1]!);
  core.keyLength = 2;
  core.keyMeta = KEY.number | (8 << 2);
  core.hash = finish(scramble(scramble(core.seed ^ KEY.number, low), high));
}

/**
 * Makes `key` the key under way: its words, meta and hash. A string that fits Latin-1 takes a byte a unit,
 * any other takes two, so that lone surrogates and NUL survive.
 * @throws TypeError for a key that is neither string nor number
 * @throws EntryTooLargeError for a key longer than an entry may be
 */
export function encodeKey(core: Core, key: unknown): void {
  core.keyTicket++;
  if (typeof key === "string") encodeString(core, key);
  else if (typeof key === "number") encodeNumber(core, key);
  else throw new TypeError(`SharedMap keys are strings and numbers, not ${key === null ? "null" : typeof key}`);
}

/** The key whose words stand at `words[at]`. */
export function decodeKey(meta: number, words: Int32Array, at: number): string | number {
  const kind = meta & 3;
  const bytes = meta >>> 2;
  if (kind === KEY.number) {
    floatWords[0] = words[at]!;
    floatWords[1] = words[at + 1]!;
    return float[0]!;
  }
  return decodeText(words, at, kind === KEY.utf16, bytes);
}

const CHUNK = 4096;

/** The string whose bytes (or 16-bit units, if `wide`) start at `words[at]`. */
export function decodeText(words: Int32Array, at: number, wide: boolean, bytes: number): string {
  const offset = words.byteOffset + at * 4;
  const codes = wide
    ? new Uint16Array(words.buffer, offset, bytes >> 1)
    : new Uint8Array(words.buffer, offset, bytes);
  if (codes.length <= CHUNK) return String.fromCharCode.apply(null, codes as unknown as number[]);
  if (typeof Buffer === "function") {
    const buffer = Buffer.from(words.buffer, offset, bytes);
    return wide ? buffer.toString("utf16le") : buffer.toString("latin1");
  }
  let text = "";
  for (let i = 0; i < codes.length; i += CHUNK) {
    text += String.fromCharCode.apply(null, codes.subarray(i, i + CHUNK) as unknown as number[]);
  }
  return text;
}
