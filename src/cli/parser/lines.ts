/** A place in a file as ESTree has it: 1-based line, 0-based column. */
export interface Position {
  line: number;
  column: number;
}

/** Turns offsets into lines and columns. */
export interface LineIndex {
  positionAt(offset: number): Position;
}

const LINE_BREAK = /\r\n|[\n\r\u2028\u2029]/gu;

/** Index of the last line that starts at or before `offset`. */
function findLine(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Indexes the line starts of `text`. Line breaks are those of ECMAScript. */
export function createLineIndex(text: string): LineIndex {
  const starts = [0];
  for (const match of text.matchAll(LINE_BREAK)) starts.push(match.index + match[0].length);
  let last = 0;
  return {
    positionAt(offset) {
      const isOnLastLine = starts[last]! <= offset && offset < (starts[last + 1] ?? Infinity);
      if (!isOnLastLine) last = findLine(starts, offset);
      return { line: last + 1, column: offset - starts[last]! };
    },
  };
}
