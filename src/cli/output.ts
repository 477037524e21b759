import type { ProgressOutput } from "./inspect/progress.ts";

/** Where a command writes. */
export interface CommandOutput {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: ProgressOutput;
}
