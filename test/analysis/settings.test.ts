import { describe, expect, it } from "vitest";
import { readSettings } from "../../src/analysis/settings.js";

const DEFAULTS = { fix: "suggest", processes: "one", mapTypes: { names: [] }, locks: [], scope: "project", problems: [] };

describe("settings", () => {
  it.each([[undefined], [null], [{}], ["text"], [{ mapguard: undefined }], [{ mapguard: {} }], [{ other: { fix: "auto" } }]])("are the defaults for %j", (given) => {
    expect(readSettings(given)).toEqual(DEFAULTS);
  });

  it("are read", () => {
    const given = { fix: "auto", processes: "many", mapTypes: ["ObservableMap"], locks: ["withTenantLock", { name: "enter", kind: "acquire" }, { name: "around" }], scope: "file" };
    expect(readSettings({ mapguard: given })).toEqual({
      fix: "auto",
      processes: "many",
      mapTypes: { names: ["ObservableMap"] },
      locks: [
        { name: "withTenantLock", kind: "exclusive" },
        { name: "enter", kind: "acquire" },
        { name: "around", kind: "exclusive" },
      ],
      scope: "file",
      problems: [],
    });
  });
});

describe("a mistake in the settings is named once, and the default holds", () => {
  it.each([
    ["settings that are no object", 5, "settings.mapguard must be an object"],
    ["settings that are a list", [], "settings.mapguard must be an object"],
    ["an unknown option", { fixes: "auto" }, 'settings.mapguard has no option "fixes"; it has fix, processes, mapTypes, locks, scope'],
    ["an unknown choice", { fix: "always" }, 'settings.mapguard.fix must be one of "off", "suggest", "auto", not "always"'],
    ["a choice of another type", { processes: 2 }, 'settings.mapguard.processes must be one of "one", "many", not 2'],
    ["map types that are no list", { mapTypes: "ObservableMap" }, "settings.mapguard.mapTypes must be a list of class names"],
    ["map types that are no names", { mapTypes: [1] }, "settings.mapguard.mapTypes must be a list of class names"],
    ["locks that are no list", { locks: {} }, "settings.mapguard.locks must be a list"],
    ["a lock without a name", { locks: [{ kind: "acquire" }] }, 'settings.mapguard.locks: {"kind":"acquire"} is neither a name nor { name, kind }'],
  ])("%s", (_name, mapguard, problem) => {
    expect(readSettings({ mapguard })).toEqual({ ...DEFAULTS, problems: [problem] });
  });

  it("a lock of an unknown kind", () => {
    expect(readSettings({ mapguard: { locks: [{ name: "enter", kind: "open" }] } })).toEqual({
      ...DEFAULTS,
      locks: [{ name: "enter", kind: "exclusive" }],
      problems: ['settings.mapguard.kind must be one of "exclusive", "acquire", "release", not "open"'],
    });
  });
});
