import { isBefore, type TrpcVersion } from "../e2e/trpcVersion.ts";

interface KnownError {
  readonly before: TrpcVersion;
  readonly why: string;
  /** File and code of each error. */
  readonly errors: readonly string[];
}

/** What does not compile with older versions, because they lack it; all else must. */
const KNOWN: readonly KnownError[] = [
  {
    before: "11.22",
    why: "`procedure.errors()` does not exist yet",
    errors: [
      "test/e2e/wire/errors.test.ts TS2339",
      "test/e2e/wire/errors.test.ts TS7031",
      "test/types/resolver.test-d.ts TS2339",
      "test/types/resolver.test-d.ts TS4111",
    ],
  },
  {
    before: "11.18",
    why: "@trpc/tanstack-react-query has CommonJS types alone, whose QueryClient is not that of an ES module",
    errors: ["test/e2e/lifecycle/strictMode.test.tsx TS2322"],
  },
];

/** Where a compilation differs from what is expected with a version of tRPC; nothing if all is well. */
export function typeFaults(output: string, version: TrpcVersion): readonly string[] {
  const known = KNOWN.filter(({ before }) => isBefore(version, before));
  const expected = new Set(known.flatMap(({ errors }) => errors));
  const lines = [...output.matchAll(/^(\S+)\(\d+,\d+\): error (TS\d+): .*$/gm)];
  const found = new Set(lines.map(([, file, code]) => `${file} ${code}`));
  return [
    ...lines.filter(([, file, code]) => !expected.has(`${file} ${code}`)).map(([line]) => line),
    ...[...expected].filter((error) => !found.has(error)).map((error) => `${error}: is gone`),
  ];
}
