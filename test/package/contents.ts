/** What stands beside `dist`: all of it, and nothing else. */
const BESIDE_DIST: readonly string[] = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];

const BUILT = /^dist\/(.+)\.(mjs|cjs|d\.mts|d\.cts)$/;
/** Helpers that the bundler adds to what it makes; the command, which is bundled with what it is built on. */
const OF_THE_BUNDLER = /^dist\/(_virtual\/.+|cli\/[\w.-]+)\.(mjs|cjs|LICENSE)$/;
/** Folders of a machine, and addresses of its files. */
const MACHINE_PATH =
  /(?<![\w.:/-])\/(?:home|Users|root|tmp|var|private|mnt)\/|file:\/\/\/|\b[A-Z]:\\/;

/** What a package was made from. */
export interface Origin {
  /** Folder of the repository on this machine. */
  readonly root: string;
  /** Files of `src`, without it and without their `.ts`. */
  readonly sources: ReadonlySet<string>;
}

/** What is wrong with the files of a package, which are given by their path. */
export function contentProblems(
  files: ReadonlyMap<string, string>,
  { root, sources }: Origin,
): readonly string[] {
  const missing = BESIDE_DIST.filter((path) => !files.has(path));
  const perFile = [...files].flatMap(([path, text]) => [
    ...(isExpected(path, sources) ? [] : [`${path} is nothing that users need`]),
    // There are no maps: src is not packed.
    ...(/^\/[/*][#@] sourceMappingURL=/m.test(text) ? [`${path} points to a source map`] : []),
    ...(text.includes(root) || MACHINE_PATH.test(text) ? [`${path} has a path of a machine`] : []),
  ]);
  return [...missing.map((path) => `${path} is missing`), ...perFile];
}

function isExpected(path: string, sources: ReadonlySet<string>): boolean {
  if (BESIDE_DIST.includes(path) || OF_THE_BUNDLER.test(path)) return true;
  const [, name = ""] = BUILT.exec(path) ?? [];
  return sources.has(name) && !/\.(test|test-d|spec)$/.test(name);
}
