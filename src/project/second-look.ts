import { isAbsolute } from "node:path";
import type { Linter } from "eslint";
import { findAccess } from "../analysis/accesses.js";
import { type Node, unwrap } from "../analysis/ast.js";
import { type FailureModel, getFailure } from "../analysis/failure.js";
import { once, orNothing } from "../analysis/guard.js";
import type { Hazard } from "../analysis/hazards.js";
import type { FunctionInfo } from "../analysis/model.js";
import { isRealFile } from "../analysis/module-files.js";
import type { Analysis } from "../analysis/pipeline.js";
import { findSources, type Source } from "./arguments.js";
import { findImportedFunction } from "./imports.js";
import { createParse } from "./parse.js";
import { openProject, type Project, type ProjectFile } from "./project.js";
import { findRoot } from "./root.js";
import { areApart, areFresh, Climb, isDetachedWithin, type Run } from "./runs.js";

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
  const getProject = once(() => {
    looked.add(analysis.sourceCode.ast);
    return openProject(root, file, createParse(languageOptions));
  });
  const ask = (question: (project: Project) => boolean): boolean => orNothing(() => {
    const project = getProject();
    return project !== undefined && question(project);
  }) ?? false;
  return {
    isRuledOut: (hazard, withHeuristics) => ask((project) => isRuledOut(hazard, withHeuristics, analysis, file, project)),
    areKeptApart: (functions) => ask((project) => areApart(functions.flatMap((info) => new Climb(project, analysis.settings).findRuns(info, file, [], false)))),
  };
}

function isRuledOut(hazard: Hazard, withHeuristics: boolean, analysis: Analysis, file: ProjectFile, project: Project): boolean {
  const { model, settings } = analysis;
  if (hazard.kind === "leaked-reservation") {
    if (hazard.leak !== "promise") return hazard.canLeak?.(withImports(file, project)) === false;
    const failures = findStored(hazard, analysis).map((value) => getFailure(value, withImports(file, project)));
    // What fails the same way again is for strict, as in one file.
    const isHarmless = failures.length > 0 && failures.every((failure) => failure === "never" || (failure === "lasting" && !withHeuristics));
    return isHarmless || areFresh(findRuns());
  }
  // The file itself shows that runs overlap.
  if (hazard.overlap.level !== "assumed") return false;
  if (hazard.partner.isSelf) return areApart(findRuns());
  // Two functions: one guard has to keep them apart.
  const other = hazard.partner.function;
  return other !== undefined && areApart([...new Climb(project, settings).findRuns(hazard.task, file, [], isDetached()), ...new Climb(project, settings).findRuns(other, file, [], false)]);

  function isDetached(): boolean {
    return isDetachedWithin(hazard.write, hazard.task, model) || isDetachedWithin(hazard.suspension, hazard.task, model);
  }

  function findRuns(): readonly Run[] {
    return new Climb(project, settings).findRuns(hazard.task, file, findKeySources(hazard, analysis), isDetached());
  }
}

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
      const isOfTask = source.function === task || contains(source.function, task);
      const [call, ...others] = isOfTask ? [] : source.function.calls.filter((item) => contains(task, model.getEnclosing(item)));
      const argument = call && others.length === 0 ? call.arguments[source.index] : undefined;
      return argument && argument.type !== "SpreadElement" ? findSources(argument, model, source.path) : [source];
    });
  }
  return sources;
}

function contains(outer: FunctionInfo, inner: FunctionInfo | undefined): boolean {
  for (let info = inner; info; info = info.parent) if (info === outer) return true;
  return false;
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
