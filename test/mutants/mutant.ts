/** One change of one place. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Exact text, which occurs once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** A fault put into the code on purpose, and the tests that must notice it. */
export interface Mutant {
  readonly name: string;
  /** What it breaks, in a sentence. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
  /** The few test files that are run with it. */
  readonly tests: readonly string[];
}

/** The text that a mutant changes is not there once: the code has moved on, and the mutant has to follow. */
export class MutantNoLongerAppliesError extends Error {
  readonly file: string;
  readonly occurrences: number;

  constructor({ file, find }: Edit, occurrences: number) {
    super(
      `mutant no longer applies: its text is ${occurrences} times in ${file}, and must be there once. Find what does the same now, and change the mutant: ${find}`,
    );
    this.name = "MutantNoLongerAppliesError";
    this.file = file;
    this.occurrences = occurrences;
  }
}

/** What a mutant makes of the files it changes, by path. */
export function mutated(
  { edits }: Pick<Mutant, "edits">,
  read: (file: string) => string,
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const edit of edits) {
    const text = texts.get(edit.file) ?? read(edit.file);
    const [before, after, ...more] = text.split(edit.find);
    if (before === undefined || after === undefined || more.length > 0) {
      throw new MutantNoLongerAppliesError(edit, text.split(edit.find).length - 1);
    }
    texts.set(edit.file, `${before}${edit.replace}${after}`);
  }
  return texts;
}
