import { createRule } from "../../src/rule.js";

export default createRule({
  name: "no-io-under-lock",
  description: "Disallow waiting for I/O or a caller's callback under a lock of the whole map where one key is concerned",
  type: "suggestion",
  severity: "strict",
  about: "maps",
  messages: {
    io: "Every key waits for this one: `{{lock}}` locks all of `{{map}}` while `{{name}}` is awaited, and the section needs only `{{map}}[{{key}}]`. Use a lock per key.",
    callback: "Every key waits for this one: `{{lock}}` locks all of `{{map}}` while the caller's `{{name}}` runs for as long as it likes, and the section needs only `{{map}}[{{key}}]`. Use a lock per key.",
  },
  *find(analysis) {
    for (const wait of analysis.getLocking()?.getLockedWaits() ?? []) {
      yield {
        node: wait.node,
        messageId: wait.isCallback ? "callback" : "io",
        data: { lock: wait.lock.name, map: wait.map.name, key: wait.key, name: wait.name },
        finding: { map: wait.map.name },
      };
    }
  },
});
