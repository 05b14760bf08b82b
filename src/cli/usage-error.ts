/** The command could not run as it was asked to. Shown as one line, without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
