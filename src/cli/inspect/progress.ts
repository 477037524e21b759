import { countText } from "../text.ts";

/** What progress is written to. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A terminal gets a new text this often at most. */
const REDRAW_MS = 100;
/** Anything else, a log for example, gets a line this often. */
const LINE_MS = 5000;

/** Tells how far a reading is: on one line of a terminal, else by a line now and then. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  readonly #total: number | undefined;
  #writtenAt: number;
  #isDrawn = false;

  /** @param total - rows there are, about; absent when nobody knows */
  constructor(output: ProgressOutput, total: number | undefined, now: () => number = Date.now) {
    this.#output = output;
    this.#total = total;
    this.#now = now;
    this.#writtenAt = now();
  }

  /** Says how many rows were read. */
  update(rowsRead: number): void {
    const isTerminal = this.#output.isTTY === true;
    if (this.#now() - this.#writtenAt < (isTerminal ? REDRAW_MS : LINE_MS)) return;
    this.#writtenAt = this.#now();
    const of =
      this.#total === undefined || this.#total < rowsRead
        ? ""
        : ` of about ${countText(this.#total, "row")}`;
    const text = `read ${countText(rowsRead, "row")}${of}`;
    this.#output.write(isTerminal ? `\r\u001b[2K${text}` : `${text}\n`);
    this.#isDrawn = isTerminal;
  }

  /** Leaves the line of a terminal empty. */
  end(): void {
    if (this.#isDrawn) this.#output.write("\r\u001b[2K");
    this.#isDrawn = false;
  }
}
