import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  // The oldest ESLint that the plugin is for.
  resolve: { alias: mode === "eslint-9" ? [{ find: /^eslint$/, replacement: "eslint-9" }] : [] },
  test: { include: ["test/**/*.test.ts"], exclude: ["**/fixtures/**", "**/node_modules/**"], testTimeout: 30_000 },
}));
