import type { ESLint, Rule } from "eslint";
import type { CodeFlow, Log, PhysicalLocation, ReportingDescriptor, Result, ThreadFlowLocation, Notification } from "sarif";

import type { Timeline } from "../../explain/finding.js";
import type { FileResult, Report, ScanResult } from "../scan/result.js";
import { getVersion } from "../version.js";
import type { FormatContext } from "./common.js";

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const INFORMATION_URI = "https://github.com/mapguard/mapguard";

function getUri(file: string): string {
  return file.split("/").map(encodeURIComponent).join("/");
}

function createLocation(file: string, region: PhysicalLocation["region"]): PhysicalLocation {
  return { artifactLocation: { uri: getUri(file), uriBaseId: "%SRCROOT%" }, region };
}

/** One thread flow a task; `executionOrder` holds the interleaving. */
function createCodeFlow(file: string, { tasks, steps }: Timeline): CodeFlow {
  const threadFlows = tasks.map((title, task) => {
    const locations = steps.flatMap((step, index): ThreadFlowLocation[] => {
      if (step.task !== task) return [];
      const location = { physicalLocation: createLocation(file, { startLine: step.line }), message: { text: step.note } };
      return [{ location, executionOrder: index + 1, importance: step.kind === "wrong" ? "essential" : "important", kinds: [step.kind] }];
    });
    return { id: String(task + 1), message: { text: title }, locations };
  });
  return { threadFlows: threadFlows.filter(({ locations }) => locations.length > 0) };
}

function createResult(file: string, report: Report, ruleIds: readonly string[]): Result {
  const { rule, severity, message, line, column, endLine, endColumn, finding } = report;
  const timeline = finding?.timeline;
  return {
    ruleId: rule,
    ruleIndex: ruleIds.indexOf(rule),
    level: severity,
    message: { text: message },
    locations: [{ physicalLocation: createLocation(file, { startLine: line, startColumn: column, endLine, endColumn }) }],
    ...(timeline && timeline.steps.length > 0 ? { codeFlows: [createCodeFlow(file, timeline)] } : {}),
    ...(finding ? { properties: { map: finding.map, overlap: finding.overlap } } : {}),
  };
}

function createDescriptor(id: string, plugin: ESLint.Plugin): ReportingDescriptor {
  const name = id.slice(id.indexOf("/") + 1);
  const docs = (plugin.rules?.[name] as Rule.RuleModule | undefined)?.meta?.docs;
  return { id, name, ...(docs?.description ? { shortDescription: { text: docs.description } } : {}), ...(docs?.url ? { helpUri: docs.url } : {}) };
}

function createNotifications({ file, problems }: FileResult): Notification[] {
  return problems.map(({ message, line, column }) => ({
    level: "error" as const,
    message: { text: message },
    locations: [{ physicalLocation: createLocation(file, line ? { startLine: line, startColumn: column || undefined } : undefined) }],
  }));
}

/** SARIF 2.1.0, for code scanning: timelines become code flows, files that could not be read become notifications. */
export function formatSarif({ files }: ScanResult, { plugin }: FormatContext): string {
  const ruleIds = [...new Set(files.flatMap(({ reports }) => reports.map(({ rule }) => rule)))].sort();
  const notifications = files.flatMap(createNotifications);
  const log: Log = {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "mapguard", version: getVersion(), informationUri: INFORMATION_URI, rules: ruleIds.map((id) => createDescriptor(id, plugin)) } },
        columnKind: "utf16CodeUnits",
        invocations: [{ executionSuccessful: notifications.length === 0, toolExecutionNotifications: notifications }],
        results: files.flatMap(({ file, reports }) => reports.map((report) => createResult(file, report, ruleIds))),
      },
    ],
  };
  return JSON.stringify(log, null, 2);
}
