import { faint, green, red } from "./terminal.mjs";

const CONTEXT = 1;

/**
 * The lines two texts have in common, as a table of lengths of the longest common subsequence from each pair of places on.
 * @param {readonly string[]} before
 * @param {readonly string[]} after
 */
function measureCommon(before, after) {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      lengths[i][j] = before[i] === after[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  return lengths;
}

/**
 * @param {readonly string[]} before
 * @param {readonly string[]} after
 * @returns {{ sign: " " | "-" | "+", text: string }[]}
 */
function compare(before, after) {
  const lengths = measureCommon(before, after);
  const lines = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ sign: " ", text: before[i] });
      i++;
      j++;
    } else if (i < before.length && (j === after.length || lengths[i + 1][j] >= lengths[i][j + 1])) {
      lines.push({ sign: "-", text: before[i++] });
    } else {
      lines.push({ sign: "+", text: after[j++] });
    }
  }
  return lines;
}

/** The changed lines of a text with a line of context; empty if nothing changed.
 * @param {string} before
 * @param {string} after
 */
export function drawDiff(before, after) {
  const lines = compare(before.split("\n"), after.split("\n"));
  const isNear = (/** @type {number} */ at) => lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== " ");
  const paint = { " ": (/** @type {string} */ text) => text, "-": red, "+": green };
  const drawn = lines.flatMap(({ sign, text }, at) => {
    if (!isNear(at)) return [];
    const isNewPlace = at > 0 && !isNear(at - 1);
    return [...(isNewPlace ? [faint("    ⋮")] : []), paint[sign](`  ${sign} ${text}`.trimEnd())];
  });
  return drawn.join("\n");
}
