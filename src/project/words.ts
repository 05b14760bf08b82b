import { readFileSync } from "node:fs";

/** Larger files are bundles, tables and data. In bytes. */
export const MAX_FILE_SIZE = 4_000_000;
export const MAX_TOTAL_SIZE = 300_000_000;

const MAX_LINE = 5_000;
const NEW_LINE = 10;

/** Which files of a project mention a word. Some more may be named: a word is known by a number made of it. */
export interface WordIndex {
  findFiles(word: string): readonly string[];
}

/** 1 for what can stand in a name. Bytes above 127 belong to letters of other scripts. */
const IS_LETTER = Uint8Array.from({ length: 256 }, (_, code) => (/[\w$#]/.test(String.fromCharCode(code)) || code > 127 ? 1 : 0));

/** FNV-1a */
const SEED = 0x811c9dc5;
const PRIME = 0x01000193;

function getNumber(word: string): number {
  let number = SEED;
  for (const byte of Buffer.from(word)) number = Math.imul(number ^ byte, PRIME);
  return number >>> 0;
}

/** The numbers of all words of a text, each once; reused from file to file. */
class WordReader {
  /** Open addressing: a slot holds a number, and the turn in which it was put there. */
  readonly #numbers = new Uint32Array(1 << 18);
  readonly #turns = new Uint32Array(1 << 18);
  readonly #found = new Uint32Array(1 << 17);
  #turn = 0;

  /** `undefined` for a text that no person wrote. */
  read(bytes: Uint8Array): Uint32Array | undefined {
    this.#turn++;
    let count = 0;
    let line = 0;
    let number = SEED;
    let isInWord = false;
    for (let index = 0; index <= bytes.length; index++) {
      const byte = index < bytes.length ? bytes[index]! : NEW_LINE;
      if (IS_LETTER[byte] === 1) {
        number = Math.imul(number ^ byte, PRIME);
        isInWord = true;
        continue;
      }
      if (isInWord) {
        if (this.#isNew(number >>> 0)) {
          if (count === this.#found.length) return undefined;
          this.#found[count++] = number >>> 0;
        }
        number = SEED;
        isInWord = false;
      }
      if (byte !== NEW_LINE) continue;
      if (index - line > MAX_LINE && index - line > bytes.length / 4) return undefined;
      line = index;
    }
    return this.#found.slice(0, count);
  }

  #isNew(number: number): boolean {
    const mask = this.#numbers.length - 1;
    for (let slot = number & mask; ; slot = (slot + 1) & mask) {
      if (this.#turns[slot] !== this.#turn) {
        this.#turns[slot] = this.#turn;
        this.#numbers[slot] = number;
        return true;
      }
      if (this.#numbers[slot] === number) return false;
    }
  }
}

/**
 * Reads files once and notes which words each holds.
 * @returns `undefined` if they are more than can be looked at
 */
export function indexWords(files: readonly string[], limit = MAX_TOTAL_SIZE): WordIndex | undefined {
  const reader = new WordReader();
  const known: { readonly file: string; readonly words: Uint32Array }[] = [];
  let total = 0;
  for (const file of files) {
    const bytes = readBytes(file);
    if (!bytes || bytes.length > MAX_FILE_SIZE) continue;
    total += bytes.length;
    if (total > limit) return undefined;
    const words = reader.read(bytes);
    if (words) known.push({ file, words });
  }
  return {
    findFiles(word) {
      const number = getNumber(word);
      return known.flatMap(({ file, words }) => (words.includes(number) ? [file] : []));
    },
  };
}

function readBytes(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
