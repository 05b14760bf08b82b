import type { SourceCode } from "eslint";

import type { MapRecord } from "./map-record.js";

/** The maps of one parsed file, by the analysis that the rules use. */
export function listMaps(_sourceCode: SourceCode, _file: string): MapRecord[] {
  return [];
}
