import { isAbsolute, relative, sep } from "node:path";
import type { Linter } from "eslint";
import { findAccess } from "../analysis/maps/accesses.js";
import { isInside, type Node, unwrap } from "../analysis/code/ast.js";
import { type FailureModel, getFailure } from "../analysis/tasks/failure.js";
import { once, orNothing } from "../analysis/guard.js";
import type { Hazard } from "../analysis/async/hazards.js";
import type { FunctionInfo } from "../analysis/code/model.js";
import { isRealFile } from "../analysis/workers/module-files.js";
import type { Analysis } from "../analysis/pipeline.js";
import { findSources, type Source } from "./arguments.js";
import { findImportedFunction } from "./imports.js";
import { createParse } from "./parse.js";
import { openProject, type Project, type ProjectFile } from "./project.js";
import { findRoot } from "./root.js";
import { areApart, areFresh, Climb, isDetachedWithin, type Overlapping, type Run } from "./runs.js";

/** Where the file stands that is linted, and how ESLint reads it. */
export interface Place {
  readonly filename: string;
  readonly cwd: string;
  readonly languageOptions?: Linter.LanguageOptions;
}

/** What other files say about what is about to be reported. */
export interface SecondLook {
  /** Whether all callers that there are keep it from happening, or the work that it needs to fail does not. */
  isRuledOut(hazard: Hazard, withHeuristics: boolean): boolean;
  /** A caller in another file that makes two runs overlap, in words; where one is found, the file need not assume it. */
  findCaller(hazard: Hazard): string | undefined;
  /** Whether two functions are never under way at a time. */
  areKeptApart(functions: readonly FunctionInfo[]): boolean;
}

const looks = new WeakMap<Analysis, SecondLook | undefined>();
const looked = new WeakSet<object>();

/** Whether what was said of a file hangs on other files. */
export function hasLookedElsewhere(ast: object): boolean {
  return looked.has(ast);
}

/**
 * The other files around one that is linted; they are read when something is asked.
 * @returns `undefined` for a text that is no file on disk, outside of any project, or where the settings say so
 */
export function getSecondLook(analysis: Analysis, place: Place): SecondLook | undefined {
  if (!looks.has(analysis)) looks.set(analysis, orNothing(() => createSecondLook(analysis, place)));
  return looks.get(analysis);
}

function createSecondLook(analysis: Analysis, { filename, cwd, languageOptions }: Place): SecondLook | undefined {
  if (analysis.settings.scope === "file" || !languageOptions || !isAbsolute(filename) || !isRealFile(filename)) return undefined;
  const root = findRoot(filename, cwd);
  if (root === undefined) return undefined;
  const file: ProjectFile = { path: filename, model: analysis.model };
  const getLook = once(() => {
    looked.add(analysis.sourceCode.ast);
    const project = openProject(root, file, createParse(languageOptions));
    return project && new Look(analysis, file, project);
  });
  const ask = <T>(question: (look: Look) => T): T | undefined => orNothing(() => {
    const look = getLook();
    return look && question(look);
  });
  return {
    isRuledOut: (hazard, withHeuristics) => ask((look) => look.isRuledOut(hazard, withHeuristics)) ?? false,
    findCaller: (hazard) => ask((look) => look.findCaller(hazard)),
    areKeptApart: (functions) => ask((look) => look.areKeptApart(functions.map((info) => [info, false]))) ?? false,
  };
}

/** What one look has to ask. */
class Look {
  readonly #runs = new Map<Hazard, readonly Run[]>();

  constructor(
    private readonly analysis: Analysis,
    private readonly file: ProjectFile,
    readonly project: Project,
  ) {}

  isRuledOut(hazard: Hazard, withHeuristics: boolean): boolean {
    if (hazard.kind === "leaked-reservation") return this.#isLeakRuledOut(hazard, withHeuristics);
    // The file itself shows that runs overlap.
    if (hazard.overlap.level !== "assumed") return false;
    // Whoever writes without a look meets the same one after the other.
    if (hazard.isBlind) return areFresh(this.#findRuns(hazard));
    if (hazard.partner.isSelf) return areApart(this.#findRuns(hazard));
    // Two functions: one guard has to keep them apart.
    const other = hazard.partner.function;
    return other !== undefined && this.areKeptApart([[hazard.task, this.#isDetached(hazard)], [other, false]]);
  }

  #isLeakRuledOut(hazard: Hazard, withHeuristics: boolean): boolean {
    const seen = withImports(this.file, this.project);
    if (hazard.leak !== "promise") return hazard.canLeak?.(seen) === false;
    const failures = findStored(hazard, this.analysis).map((value) => getFailure(value, seen));
    // What fails the same way again is for strict, as in one file.
    const isHarmless = failures.length > 0 && failures.every((failure) => failure === "never" || (failure === "lasting" && !withHeuristics));
    return isHarmless || areFresh(this.#findRuns(hazard));
  }

  findCaller(hazard: Hazard): string | undefined {
    if (hazard.kind === "leaked-reservation" || hazard.overlap.level !== "assumed" || !hazard.partner.isSelf) return undefined;
    const found = this.#findRuns(hazard).find((run) => run.kind === "overlapping");
    if (found?.kind !== "overlapping" || !found.isCertain || found.file === this.file) return undefined;
    const place = `${relative(this.project.root, found.file.path).split(sep).join("/")}:${found.node.loc.start.line}`;
    return `\`${place}\` ${CALLER[found.how]}`;
  }

  areKeptApart(functions: readonly (readonly [FunctionInfo, boolean])[]): boolean {
    return areApart(functions.flatMap(([info, isDetached]) => new Climb(this.project, this.analysis.settings).findRuns(info, this.file, [], isDetached)));
  }

  #findRuns(hazard: Hazard): readonly Run[] {
    let runs = this.#runs.get(hazard);
    if (!runs) this.#runs.set(hazard, (runs = new Climb(this.project, this.analysis.settings).findRuns(hazard.task, this.file, findKeySources(hazard, this.analysis), this.#isDetached(hazard), hazard.map.home === "field")));
    return runs;
  }

  #isDetached({ write, suspension, task }: Hazard): boolean {
    return isDetachedWithin(write, task, this.analysis.model) || isDetachedWithin(suspension, task, this.analysis.model);
  }
}

const CALLER: Readonly<Record<Overlapping["how"], string>> = {
  event: "runs it on every event",
  "fan-out": "starts several runs at once",
  loop: "starts runs in a loop without `await`",
};

/** The promise that is kept, and all else that the variable it stands in can hold: let p = m.get(k); if (!p) m.set(k, (p = load(k))) */
function findStored({ write, suspension, map }: Hazard, { model, inventory }: Analysis): Node[] {
  const value = write.type === "AssignmentExpression" ? write.right : write.type === "CallExpression" ? write.arguments[1] : undefined;
  const references = (value && model.getVariable(unwrap(value))?.references) ?? [];
  const written = references.flatMap(({ writeExpr }) => (writeExpr ? [writeExpr as Node] : []));
  // What was found there was put there.
  return [...new Set([suspension, ...written])].filter((node) => findAccess(unwrap(node), inventory)?.map !== map);
}

/** The parameters of the task, or of a function around it, that make the key. */
function findKeySources({ key, read, task }: Hazard, { model, inventory }: Analysis): readonly Source[] {
  if (key.kind === "every" || !key.node) return [];
  // A look at the whole map is not one under a key.
  const access = findAccess(read, inventory);
  if (access && !access.key) return [];
  let sources = findSources(key.node, model);
  // The key stands in a helper that the task calls.
  for (let depth = 0; depth < 3; depth++) {
    sources = sources.flatMap((source) => {
      const isOfTask = isInside(task.node, source.function.node);
      const [call, ...others] = isOfTask ? [] : source.function.calls.filter((item) => isInside(item, task.node));
      const argument = call && others.length === 0 ? call.arguments[source.index] : undefined;
      return argument && argument.type !== "SpreadElement" ? findSources(argument, model, source.path) : [source];
    });
  }
  return sources;
}

/** The file, with the functions that it imports. */
function withImports(file: ProjectFile, project: Project): FailureModel {
  const { model } = file;
  return {
    sourceCode: model.sourceCode,
    getCallee: (call) => model.getCallee(call),
    getFunctionValue: (expression) => model.getFunctionValue(expression),
    getVariable: (identifier) => model.getVariable(identifier),
    getConstantValue: (variable) => model.getConstantValue(variable),
    findImported(call) {
      const found = findImportedFunction(call, file, project);
      return found && { body: found.info.node.body as Node, model: withImports(found.file, project) };
    },
  };
}
