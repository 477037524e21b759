/** What the suite is run on: a version of tRPC, or the root's on another Node. */
export type Target =
  | { readonly kind: "trpc"; readonly version: string }
  | { readonly kind: "node"; readonly major: number };

/** The oldest that the peer range allows, and those that behaved in a way of their own. The newest is added at run time. */
const TRPC_VERSIONS: readonly string[] = ["11.0.0", "11.18.0", "11.22.1"];

/** Every Node that `engines` allows and AWS Lambda has. */
export const NODE_MAJORS: readonly number[] = [20, 22, 24];

/** What is known of the world outside. */
export interface Known {
  /** The newest tRPC of the registry. */
  readonly newest: string;
  /** Major of the Node that runs this; `npm test` runs on it, so it needs no run of its own. */
  readonly ownMajor: number;
}

/** An argument that names no target. */
export class UnknownTargetError extends Error {
  readonly argument: string;

  constructor(argument: string) {
    const nodes = NODE_MAJORS.map((major) => `node${major}`).join(", ");
    super(
      `${argument} is no target: give a version of tRPC 11 such as 11.0.0, newest, or ${nodes}`,
    );
    this.name = "UnknownTargetError";
    this.argument = argument;
  }
}

/**
 * The targets of a command line, each once; without arguments all of them.
 *
 * @throws {@link UnknownTargetError}
 */
export function targetsOf(
  names: readonly string[],
  { newest, ownMajor }: Known,
): readonly Target[] {
  const nodes = NODE_MAJORS.filter((major) => major !== ownMajor);
  const all = [...TRPC_VERSIONS, "newest", ...nodes.map((major) => `node${major}`)];
  const wanted = (names.length > 0 ? names : all).map((name) =>
    name === "newest" ? newest : name,
  );
  return [...new Set(wanted)].map(targetOf);
}

/** How a target is called in the table. */
export function nameOf(target: Target): string {
  return target.kind === "trpc" ? `tRPC ${target.version}` : `Node ${target.major}`;
}

function targetOf(name: string): Target {
  if (/^11\.\d+\.\d+$/.test(name)) return { kind: "trpc", version: name };
  const major = Number(/^node(\d+)$/.exec(name)?.[1]);
  if (!NODE_MAJORS.includes(major)) throw new UnknownTargetError(name);
  return { kind: "node", major };
}
