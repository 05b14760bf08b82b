import type { Core } from "./core.js";
import { roomFor } from "./core.js";
import { CodecError, EntryTooLargeError } from "./errors.js";
import { decodeText } from "./keys.js";

/** Turns values that have no fast path into bytes and back. Every thread of a map must use the same one. */
export interface Codec {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/** `valueMeta` = kind | byte length << 4. */
export const VALUE = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  /** A number that is a 32-bit integer, and not -0: always as such, so that equal numbers have equal words. */
  integer: 4,
  number: 5,
  latin1: 6,
  utf16: 7,
  smallBigInt: 8,
  bigInt: 9,
  bytes: 10,
  coded: 11,
} as const;

/** `H.codec`. */
export const CODEC = { v8: 1, json: 2, custom: 3 } as const;

const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);
const big = new BigInt64Array(1);
const bigWords = new Int32Array(big.buffer);

interface V8Module {
  serialize(value: unknown): Uint8Array;
  deserialize(bytes: Uint8Array): unknown;
}

function findV8(): V8Module | undefined {
  const host = globalThis as { process?: { getBuiltinModule?(id: string): unknown } };
  return host.process?.getBuiltinModule?.("node:v8") as V8Module | undefined;
}

const v8 = findV8();

export const v8Codec: Codec | undefined = v8 && { encode: (value) => v8.serialize(value), decode: (bytes) => v8.deserialize(bytes) };

function encodeJson(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError(`${typeof value} has no JSON form`);
  return new TextEncoder().encode(text);
}

export const jsonCodec: Codec = { encode: encodeJson, decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) };

function setValue(core: Core, kind: number, bytes: number): void {
  if (bytes >> 2 > core.maxEntryWords - 8) throw new EntryTooLargeError(bytes, core.maxEntryWords * 4);
  core.valueLength = (bytes + 3) >> 2;
  core.valueMeta = kind | (bytes << 4);
  core.valueWords = roomFor(core.valueWords, core.valueLength);
}

function encodeBytes(core: Core, kind: number, bytes: Uint8Array): void {
  setValue(core, kind, bytes.byteLength);
  if (core.valueLength > 0) core.valueWords[core.valueLength - 1] = 0;
  new Uint8Array(core.valueWords.buffer).set(bytes);
}

function isLatin1(text: string): boolean {
  let seen = 0;
  for (let i = 0; i < text.length; i++) seen |= text.charCodeAt(i);
  return seen <= 255;
}

function encodeText(core: Core, text: string): void {
  const wide = !isLatin1(text);
  setValue(core, wide ? VALUE.utf16 : VALUE.latin1, wide ? text.length * 2 : text.length);
  const words = core.valueWords;
  if (core.valueLength > 0) words[core.valueLength - 1] = 0;
  const out = wide ? new Uint16Array(words.buffer) : new Uint8Array(words.buffer);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
}

function encodeBigInt(core: Core, value: bigint): void {
  if (BigInt.asIntN(64, value) !== value) {
    return encodeBytes(core, VALUE.bigInt, new TextEncoder().encode(value.toString(36)));
  }
  big[0] = value;
  setValue(core, VALUE.smallBigInt, 8);
  core.valueWords[0] = bigWords[0]!;
  core.valueWords[1] = bigWords[1]!;
}

function parseBigInt(text: string): bigint {
  const negative = text.startsWith("-");
  let value = 0n;
  for (let i = negative ? 1 : 0; i < text.length; i += 10) {
    const part = text.slice(i, i + 10);
    value = value * 36n ** BigInt(part.length) + BigInt(parseInt(part, 36));
  }
  return negative ? -value : value;
}

function encodeCoded(core: Core, value: unknown): void {
  let bytes: Uint8Array;
  try {
    bytes = core.codec.encode(value);
    if (!(bytes instanceof Uint8Array)) throw new TypeError("encode() must return a Uint8Array");
  } catch (error) {
    throw new CodecError("encode", error);
  }
  encodeBytes(core, VALUE.coded, bytes);
}

function encodeNumber(core: Core, value: number): void {
  const integer = value | 0;
  if (integer === value && (integer !== 0 || !Object.is(value, -0))) {
    core.valueWords[0] = integer;
    core.valueLength = 1;
    core.valueMeta = VALUE.integer | (4 << 4);
    return;
  }
  float[0] = value;
  core.valueWords[0] = floatWords[0]!;
  core.valueWords[1] = floatWords[1]!;
  core.valueLength = 2;
  core.valueMeta = VALUE.number | (8 << 4);
}

/**
 * Makes `value` the value to write: its words and meta. Runs user code (the codec) and therefore never under a lock.
 * @throws CodecError if the codec refuses the value
 * @throws EntryTooLargeError if it is longer than an entry may be
 */
export function encodeValue(core: Core, value: unknown): void {
  switch (typeof value) {
    case "number":
      return encodeNumber(core, value);
    case "string":
      return encodeText(core, value);
    case "boolean":
      return setValue(core, value ? VALUE.true : VALUE.false, 0);
    case "undefined":
      return setValue(core, VALUE.undefined, 0);
    case "bigint":
      return encodeBigInt(core, value);
    default:
      if (value === null) return setValue(core, VALUE.null, 0);
      if (value instanceof Uint8Array) return encodeBytes(core, VALUE.bytes, value);
      return encodeCoded(core, value);
  }
}

function decodeCoded(codec: Codec, bytes: Uint8Array): unknown {
  try {
    return codec.decode(bytes);
  } catch (error) {
    throw new CodecError("decode", error);
  }
}

/** The value whose words stand at `words[at]`; bytes are a copy. */
export function decodeValue(codec: Codec, meta: number, words: Int32Array, at: number): unknown {
  const bytes = meta >>> 4;
  switch (meta & 15) {
    case VALUE.undefined:
      return undefined;
    case VALUE.null:
      return null;
    case VALUE.false:
      return false;
    case VALUE.true:
      return true;
    case VALUE.integer:
      return words[at]!;
    case VALUE.number:
      return toNumber(words[at]!, words[at + 1]!);
    case VALUE.latin1:
      return decodeText(words, at, false, bytes);
    case VALUE.utf16:
      return decodeText(words, at, true, bytes);
    case VALUE.smallBigInt:
      bigWords[0] = words[at]!;
      bigWords[1] = words[at + 1]!;
      return big[0];
    case VALUE.bigInt:
      return parseBigInt(decodeText(words, at, false, bytes));
  }
  const copy = new Uint8Array(words.buffer, words.byteOffset + at * 4, bytes).slice();
  return (meta & 15) === VALUE.bytes ? copy : decodeCoded(codec, copy);
}

/** The number of a value of kind `integer` or `number`, whose words these are. */
export function toNumber(low: number, high: number, kind: number = VALUE.number): number {
  if (kind === VALUE.integer) return low;
  floatWords[0] = low;
  floatWords[1] = high;
  return float[0]!;
}

/** Whether a value of this kind is a primitive, which a read cache may hand out again. */
export function isPrimitiveKind(meta: number): boolean {
  return (meta & 15) < VALUE.bytes;
}
