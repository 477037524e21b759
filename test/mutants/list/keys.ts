import type { Mutant } from "../mutant.ts";

const KEYS = "src/store/keys.ts";
const FILTER = "src/subscriptions/filter.ts";

/** Who is found by what. */
export const keyMutants: readonly Mutant[] = [
  {
    name: "route-key-without-incarnation",
    breaks: "Two uses of one id are one row, so the late end of the first removes the second.",
    edits: [
      {
        file: KEYS,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
        find: 'const last = `${of.requestTimeMs}${jsonrpc ? "j" : ""}',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
        replace: 'const last = `${0}${jsonrpc ? "j" : ""}',
      },
    ],
    tests: ["test/unit/store/keys.test.ts", "test/contract/memory.test.ts"],
  },
  {
    name: "no-terminator",
    breaks: "A publish to Bob finds Bobby, who may be another tenant's.",
    edits: [
      {
        file: "src/store/partitions.ts",
        find: "const prefix = filter ?? BROADCAST_PREFIX;",
        replace: 'const prefix = (filter ?? BROADCAST_PREFIX).replace(/#$/, "");',
      },
    ],
    tests: ["test/contract/memory.test.ts"],
  },
  {
    name: "no-escape",
    breaks: "A value with # forges further segments of a key.",
    edits: [
      {
        file: "src/protocol/keyText.ts",
        find: 'return text.replaceAll("%", "%25").replaceAll("#", "%23");',
        replace: "return text;",
      },
    ],
    tests: ["test/unit/store/filterKeys.test.ts"],
  },
  {
    name: "no-type-tag",
    breaks: 'The number 1 finds the text "1".',
    edits: [
      {
        file: "src/store/filterKeys.ts",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
        find: "return `%n${value === 0 ? 0 : value}`;",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
        replace: "return `${value === 0 ? 0 : value}`;",
      },
    ],
    tests: ["test/unit/store/filterKeys.test.ts"],
  },
  {
    name: "undefined-filter-is-everybody",
    breaks: "A filter that happens to be undefined widens the audience to everybody.",
    edits: [
      {
        file: FILTER,
        find: 'if (!("filter" in options)) return undefined;',
        replace: 'if (!("filter" in options) || options.filter === undefined) return undefined;',
      },
    ],
    tests: ["test/unit/subscriptions/publishKeys.test.ts"],
  },
  {
    name: "missing-field-matches",
    breaks: "A subscriber without a filter's field is found as if the filter had no such field.",
    edits: [
      {
        file: FILTER,
        find: "if (!isFilterScalar(value)) return undefined;",
        replace: "if (!isFilterScalar(value)) continue;",
      },
    ],
    tests: ["test/unit/subscriptions/subscriberRoutes.test.ts"],
  },
  {
    name: "no-scalar-hears-everything",
    breaks: "A value that no filter can hold passes for an optional field that was left out.",
    edits: [
      {
        file: FILTER,
        find: "if (value === undefined && isOptional(filter, section, field)) {",
        replace: "if (!isFilterScalar(value) && isOptional(filter, section, field)) {",
      },
    ],
    tests: ["test/unit/subscriptions/subscriberRoutes.test.ts"],
  },
];
