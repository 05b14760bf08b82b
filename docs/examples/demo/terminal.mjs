const hasColors = process.env.FORCE_COLOR ? process.env.FORCE_COLOR !== "0" : process.stdout.isTTY === true && !process.env.NO_COLOR;

/** @param {number} code */
const paint = (code) => (/** @type {string} */ text) => (hasColors ? `\u001B[${code}m${text}\u001B[0m` : text);

export const bold = paint(1);
export const red = paint(31);
export const green = paint(32);
export const faint = paint(2);

/** @param {string} text */
export function title(text) {
  console.log(`\n${bold(text)}\n${faint("─".repeat(text.length))}\n`);
}
