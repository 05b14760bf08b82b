import { findAccess } from "../analysis/maps/accesses.js";
import { getShortText, type Node } from "../analysis/code/ast.js";
import { getReportPlace, type Hazard } from "../analysis/async/hazards.js";
import type { Analysis } from "../analysis/pipeline.js";
import type { Timeline, TimelineStep } from "./finding.js";

/** `sessions[id]`, `sessions` for the whole map, `sessions[id].count` for a field. */
export function describePlace(hazard: Hazard): string {
  const name = hazard.map.name;
  const key = hazard.key.kind === "every" || !hazard.key.display ? "" : `[${hazard.key.display}]`;
  return `${name}${key}${hazard.field === undefined ? "" : `.${hazard.field}`}`;
}

/** `acquire()`, or "the callback of then". */
export function describeFunction(name: string): string {
  return /\s/.test(name) ? name : `${name}()`;
}

/** Who overlaps: "Two runs of `acquire()`", "`save()` and `remove()`". */
export function describeTasks(hazard: Hazard): string {
  const task = describeFunction(hazard.task.name);
  const other = hazard.partner.function;
  if (hazard.partner.isSelf || !other || other === hazard.task) return `Two runs of ${quote(task)}`;
  return `${quote(task)} and ${quote(describeFunction(other.name))}`;
}

/** A name in backquotes; a description, such as `the callback of on`, as it is. */
export function quote(text: string): string {
  return /\s/.test(text) ? text : `\`${text}\``;
}

/** Where a task reads what gets out of date: it may call a helper for it. */
function getReadPlace({ calls, read }: Hazard): Node {
  return calls?.read ?? read;
}

/** The data of a hazard's message. */
export function describeHazard(hazard: Hazard): Record<string, string> {
  const line = (node: Node): string => String(node.loc.start.line);
  return {
    tasks: describeTasks(hazard),
    place: describePlace(hazard),
    map: hazard.map.name,
    check: line(getReadPlace(hazard)),
    suspension: line(hazard.suspension),
    write: line(getReportPlace(hazard)),
    partner: line(hazard.partner.node),
    partnerName: hazard.partner.function ? describeFunction(hazard.partner.function.name) : "the module",
    overlap: hazard.overlap.reason,
  };
}

/** Two tasks in the order in which it goes wrong, for reports and pages. */
export function createTimeline(hazard: Hazard, analysis: Analysis): Timeline {
  const task = describeFunction(hazard.task.name);
  const other = hazard.partner.isSelf || !hazard.partner.function ? `${task}, another run` : describeFunction(hazard.partner.function.name);
  const text = (node: Node): string => getShortText(node, analysis.sourceCode, 40);
  const step = (which: 0 | 1, node: Node, kind: TimelineStep["kind"], note: string): TimelineStep => ({ task: which, line: node.loc.start.line, kind, note });
  const place = describePlace(hazard);
  const words = WORDS[hazard.kind];
  const access = findAccess(hazard.read, analysis.inventory);
  // size and iterations look at the whole map.
  const read = words.read(access && !access.key ? hazard.map.name : place, text(hazard.read));
  const first = [step(0, getReadPlace(hazard), "read", read), step(0, hazard.suspension, "suspend", "suspended: other tasks run")];
  const meanwhile =
    hazard.partner.isSelf && words.isSymmetric
      ? [step(1, getReadPlace(hazard), "read", read), step(1, hazard.suspension, "suspend", "suspended")]
      : [step(1, hazard.partner.node, "write", words.partner(place))];
  const last = [step(0, hazard.suspension, "resume", "goes on with what it saw before"), step(0, getReportPlace(hazard), hazard.partner.isSelf && words.isSymmetric ? "write" : "wrong", hazard.partner.isSelf && words.isSymmetric ? `writes ${place}` : words.wrong(place))];
  const end = hazard.partner.isSelf && words.isSymmetric ? [step(1, hazard.suspension, "resume", "goes on with what it saw before"), step(1, getReportPlace(hazard), "wrong", words.wrong(place))] : [];
  return { tasks: [task, other], steps: [...first, ...meanwhile, ...last, ...end] };
}

interface Words {
  /** Two runs of the same code do the same to each other. */
  readonly isSymmetric: boolean;
  read(place: string, text: string): string;
  partner(place: string): string;
  wrong(place: string): string;
}

const WORDS: Readonly<Record<Hazard["kind"], Words>> = {
  "check-then-act": { isSymmetric: true, read: (place) => `checks ${place}`, partner: (place) => `writes ${place}`, wrong: (place) => `writes ${place} although it is no longer as checked` },
  "duplicate-load": { isSymmetric: true, read: (place) => `looks for ${place}: absent`, partner: (place) => `stores ${place}`, wrong: (place) => `stores ${place} a second time` },
  "lost-update": { isSymmetric: true, read: (place) => `reads ${place}`, partner: (place) => `writes ${place}`, wrong: (place) => `writes ${place} from the old value: the other update is lost` },
  "stale-cleanup": { isSymmetric: false, read: (place) => `has ${place}`, partner: (place) => `puts a new entry at ${place}`, wrong: (place) => `removes ${place}: the newer entry is gone` },
  "leaked-reservation": { isSymmetric: false, read: (place) => `reserves ${place}`, partner: (place) => `finds ${place} taken, for ever`, wrong: (place) => `fails, and leaves ${place} behind` },
  "stale-fill": { isSymmetric: false, read: (place) => `loads the value for ${place}`, partner: (place) => `invalidates ${place}`, wrong: (place) => `stores the value from before: ${place} is old again` },
  "stale-entry": { isSymmetric: false, read: (place) => `looks up ${place}`, partner: (place) => `replaces or removes ${place}`, wrong: () => "relies on the entry that it saw before" },
};
