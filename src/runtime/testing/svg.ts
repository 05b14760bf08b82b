import type { Place, Timeline, TimelineEvent } from "./record.js";
import { describeEvent, lanesOf } from "./timeline.js";

/** What is drawn as one block: events of one task, one step and one source line. */
interface Block {
  readonly step: number;
  readonly lane: number;
  readonly place: Place | undefined;
  readonly events: TimelineEvent[];
  top: number;
  height: number;
}

interface Layout {
  readonly lanes: readonly string[];
  readonly blocks: readonly Block[];
  readonly failure: TimelineEvent | undefined;
  /** Where each lane begins, and where the last ends. */
  readonly edges: readonly number[];
  readonly width: number;
  /** Where the blocks end. */
  readonly bottom: number;
  readonly height: number;
}

const gutter = 44;
const header = 84;
const lineHeight = 18;
const noteHeight = 16;
const padding = 7;
const charWidth = 7.3;
const noteCharWidth = 6.4;
const boldCharWidth = 7.4;
const titleCharWidth = 9;
const railInset = 14;
const textInset = 30;

interface Palette {
  readonly ink: string;
  readonly soft: string;
  readonly paper: string;
  readonly band: string;
  readonly rule: string;
  readonly bad: string;
  readonly badPaper: string;
  readonly tasks: readonly string[];
}

const light: Palette = {
  ink: "#1f2328",
  soft: "#59636e",
  paper: "#ffffff",
  band: "#f3f5f8",
  rule: "#d1d9e0",
  bad: "#cf222e",
  badPaper: "#ffebe9",
  tasks: ["#0969da", "#8250df", "#1a7f37", "#9a6700"],
};

const dark: Palette = {
  ink: "#f0f6fc",
  soft: "#9198a1",
  paper: "#0d1117",
  band: "#161c25",
  rule: "#3d444d",
  bad: "#ff7b72",
  badPaper: "#3c1618",
  tasks: ["#58a6ff", "#be8fff", "#3fb950", "#d29922"],
};

/** Colours without custom properties, which not every renderer of SVG knows. */
function coloursOf({ ink, soft, paper, band, rule, bad, badPaper, tasks }: Palette): string {
  return [
    `.mg text{fill:${ink}}`,
    `.mg .note,.mg .step,.mg .number{fill:${soft}}`,
    `.mg .paper{fill:${paper};stroke:${rule}}.mg .pause{fill:${paper}}.mg .band{fill:${band}}.mg .rule{stroke:${rule}}`,
    `.mg .bad{fill:${bad}}.mg .cross{stroke:${bad}}.mg .bad-paper{fill:${badPaper};stroke:${bad}}`,
    ...tasks.map((colour, i) => `.mg .s${i}{stroke:${colour}}.mg .f${i}{fill:${colour}}`),
  ].join("\n");
}

const style = `
.mg text{font-family:system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif;font-size:12px}
.mg .code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace;white-space:pre}
.mg .title{font-size:15px;font-weight:600}
.mg .lane{font-size:13px;font-weight:600}
.mg .note,.mg .step{font-size:11px}
.mg .step{text-anchor:middle;font-weight:600}
.mg .event{font-weight:600}
.mg .cross{stroke-width:2.5;stroke-linecap:round}
.mg .run{stroke-width:6;stroke-linecap:round}
.mg .wait{stroke-width:2;stroke-dasharray:2 5;stroke-linecap:round}
.mg .pause{stroke-width:2}
${coloursOf(light)}
@media (prefers-color-scheme:dark){
${coloursOf(dark)}
}
`.trim();

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "�");
}

function clip(text: string, room: number, perChar: number): string {
  const most = Math.floor(room / perChar);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function isSameLine(one: Place | undefined, other: Place | undefined): boolean {
  return one !== undefined && other !== undefined && one.line === other.line && one.file === other.file;
}

/** A start, an end: said in words, without a source line. */
function isHeadline({ kind, place }: TimelineEvent): boolean {
  return kind === "start" || kind === "fulfilled" || kind === "rejected" || place === undefined;
}

function makeBlocks(events: readonly TimelineEvent[], lanes: readonly string[]): Block[] {
  const blocks: Block[] = [];
  for (const event of events) {
    if (event.kind === "failure") continue;
    const lane = lanes.indexOf(event.task ?? "");
    const last = blocks.at(-1);
    if (last !== undefined && last.step === event.step && last.lane === lane && !isHeadline(event) && isSameLine(last.place, event.place)) {
      last.events.push(event);
    } else {
      blocks.push({ step: event.step, lane, place: isHeadline(event) ? undefined : event.place, events: [event], top: 0, height: 0 });
    }
  }
  return blocks;
}

function place(blocks: readonly Block[]): number {
  let y = header;
  let step = -1;
  for (const block of blocks) {
    if (block.step !== step) y += padding;
    step = block.step;
    block.top = y;
    block.height = (block.place === undefined ? 0 : lineHeight) + (block.place === undefined ? lineHeight * block.events.length : noteHeight * block.events.length) + 4;
    y += block.height;
  }
  return y + padding;
}

function neededWidth(blocks: readonly Block[], name: string): number {
  const widths = blocks.map(({ place: at, events }) => {
    const inset = at === undefined ? 0 : codeInset;
    return Math.max(at === undefined ? 0 : (at.text.length + 5) * charWidth, ...events.map((event) => inset + describeEvent(event).length * noteCharWidth));
  });
  return Math.round(Math.min(440, Math.max(120, name.length * 8, ...widths) + textInset + 18));
}

/** What the title and the failure need, within reason. */
function neededForText(title: string, failure: TimelineEvent | undefined): number {
  return Math.round(Math.min(720, Math.max(title.length * titleCharWidth + 32, (failure?.label.length ?? 0) * boldCharWidth + 66)));
}

function layOut(timeline: Timeline, title: string): Layout {
  const lanes = lanesOf(timeline);
  const blocks = makeBlocks(timeline.events, lanes);
  const edges = [gutter];
  for (const [i, lane] of lanes.entries()) edges.push(edges[i]! + neededWidth(blocks.filter((block) => block.lane === i), lane));
  const bottom = place(blocks);
  const failure = timeline.events.find((event) => event.kind === "failure");
  const width = Math.max(420, edges.at(-1)! + 12, neededForText(title, failure));
  return { lanes, blocks, failure, edges, width, bottom, height: bottom + (failure === undefined ? 12 : failure.place === undefined ? 46 : 66) };
}

const codeInset = 5 * charWidth;

const laneX = ({ edges }: Layout, lane: number): number => edges[lane]!;
const laneRoom = ({ edges }: Layout, lane: number): number => edges[lane + 1]! - edges[lane]! - textInset - 8;
const tint = (lane: number): number => lane % 4;

/** A source line, its number to the left of it. */
function drawLine(at: Place, x: number, y: number, room: number): string {
  const number = `<text class="code number" text-anchor="end" x="${x + 3 * charWidth}" y="${y}">${at.line}</text>`;
  return `${number}<text class="code" x="${x + codeInset}" y="${y}">${escapeXml(clip(at.text, room - codeInset, charWidth))}</text>`;
}

function drawBlock(block: Block, layout: Layout): string {
  const x = laneX(layout, block.lane) + textInset;
  const room = laneRoom(layout, block.lane);
  const out: string[] = [];
  let y = block.top + 14;
  if (block.place !== undefined) {
    out.push(drawLine(block.place, x, y, room));
    y += noteHeight;
  }
  for (const event of block.events) {
    const isStrong = event.kind !== "access" && event.kind !== "suspend";
    const colour = event.kind === "reject" || event.kind === "rejected" ? "bad" : `f${tint(block.lane)}`;
    const inset = block.place === undefined ? 0 : codeInset;
    out.push(`<text class="${isStrong ? `event ${colour}` : "note"}" x="${x + inset}" y="${y}">${escapeXml(clip(describeEvent(event), room - inset, noteCharWidth))}</text>`);
    y += block.place === undefined ? lineHeight : noteHeight;
  }
  return out.join("");
}

/** The task itself does not run in such a step. */
function isEffectOnly(blocks: readonly Block[]): boolean {
  return blocks.every(({ events }) => events.every(({ kind }) => kind === "effect"));
}

function drawCross(x: number, y: number): string {
  return `<path class="cross" d="M${x - 5} ${y - 5}l10 10m0 -10l-10 10"/>`;
}

function drawRail(lane: number, layout: Layout): string {
  const own = layout.blocks.filter((block) => block.lane === lane);
  if (own.length === 0) return "";
  const x = laneX(layout, lane) + railInset;
  const out: string[] = [];
  const isSettled = own.at(-1)!.events.some(({ kind }) => kind === "fulfilled" || kind === "rejected");
  const end = isSettled || layout.lanes[lane] === "" ? own.at(-1)!.top + own.at(-1)!.height - 6 : layout.bottom - 4;
  out.push(`<line class="wait s${tint(lane)}" x1="${x}" y1="${own[0]!.top + 6}" x2="${x}" y2="${end}"/>`);
  for (const step of new Set(own.map((block) => block.step))) {
    const blocks = own.filter((block) => block.step === step);
    const last = blocks.at(-1)!;
    if (isEffectOnly(blocks)) out.push(`<circle class="f${tint(lane)}" cx="${x}" cy="${last.top + 10}" r="4.5"/>`);
    else out.push(`<line class="run s${tint(lane)}" x1="${x}" y1="${blocks[0]!.top + 6}" x2="${x}" y2="${last.top + last.height - 8}"/>`);
    if (last.events.at(-1)!.kind === "rejected") out.push(drawCross(x, last.top + last.height - 8));
    if (last.events.at(-1)!.kind === "suspend") out.push(`<circle class="pause s${tint(lane)}" cx="${x}" cy="${last.top + last.height - 6}" r="4.5"/>`);
  }
  return out.join("");
}

function drawSteps(layout: Layout): string {
  const out: string[] = [];
  for (const step of new Set(layout.blocks.map((block) => block.step))) {
    const own = layout.blocks.filter((block) => block.step === step);
    const top = own[0]!.top - padding / 2;
    const bottom = own.at(-1)!.top + own.at(-1)!.height + padding / 2;
    if (step % 2 === 1) out.push(`<rect class="band" x="1" y="${top}" width="${layout.width - 2}" height="${bottom - top}"/>`);
    if (step > 0) out.push(`<text class="step" x="${gutter / 2}" y="${own[0]!.top + 14}">${step}</text>`);
  }
  return out.join("");
}

function drawHeader(layout: Layout, title: string): string {
  const names = layout.lanes.map((lane, i) => {
    const x = laneX(layout, i);
    return `<circle class="f${tint(i)}" cx="${x + railInset}" cy="63" r="5"/><text class="lane" x="${x + textInset}" y="67">${escapeXml(clip(lane === "" ? "outside of tasks" : lane, laneRoom(layout, i), 7.5))}</text>`;
  });
  return `<text class="title" x="16" y="30">${escapeXml(clip(title, layout.width - 32, titleCharWidth))}</text><line class="rule" x1="1" y1="44" x2="${layout.width - 1}" y2="44"/>${names.join("")}`;
}

function drawFailure(layout: Layout): string {
  const { failure } = layout;
  if (failure === undefined) return "";
  const y = layout.bottom + 4;
  const room = layout.width - 48;
  const where = failure.place === undefined ? "" : drawLine(failure.place, 20, y + 38, room);
  return (
    `<rect class="bad-paper" x="10" y="${y}" width="${layout.width - 20}" height="${where === "" ? 30 : 50}" rx="6"/>` +
    `<text class="event bad" x="20" y="${y + 20}">✗  ${escapeXml(clip(failure.label, room - 18, boldCharWidth))}</text>${where}`
  );
}

/**
 * A schedule as an SVG that stands alone and follows the reader's light or dark mode: a column for each task, thick where it runs,
 * dotted where it is suspended, a dot where an operation of it takes effect, a band for each step, source lines with what they did, and the failure at the end.
 */
export function renderSvg(timeline: Timeline, title = "A schedule that fails"): string {
  const layout = layOut(timeline, title);
  const { events } = timeline;
  const { width, height, blocks, lanes } = layout;
  const parts = [
    `<rect class="paper" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    drawSteps(layout),
    drawHeader(layout, title),
    lanes.map((_, lane) => drawRail(lane, layout)).join(""),
    blocks.map((block) => drawBlock(block, layout)).join("\n"),
    drawFailure(layout),
  ];
  const description = events.map((event) => `${event.task ?? ""} ${describeEvent(event)}`.trim()).join("; ");
  return `<svg xmlns="http://www.w3.org/2000/svg" class="mg" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${escapeXml(title)}</title>
<desc>${escapeXml(description)}</desc>
<style>${style}</style>
${parts.join("\n")}
</svg>
`;
}
