/**
 * What our types cost a user's compiler: a router of 200 subscriptions with 50 filters and 50 publishes, against the
 * same router with plain async generators and nothing of ours.
 *
 * `npx tsx test/bench/typecheck.ts [runs]` prints both and exits with 1 when ours takes more than 1.5 times as long, or
 * does not compile. Without `runs` it runs once, and twice more if that once is near the limit. The library is read from declaration files, as users have it.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const PROCEDURES = 200;
const FILTERS = 50;
/** One expression of this many steps must compile: an accumulator that nests ends at about thirty. */
const CHAINED_FILTERS = 100;
const MAX_RATIO = 1.5;
/** One run that is not above it says enough. */
const CLEAR_RATIO = 1.35;
const RUNS_IN_DOUBT = 3;

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The compiler that is measured. */
const tsc = join(root, "node_modules/typescript/bin/tsc");
/** One that writes the same declarations in a fraction of the time. */
const nativeTsc = join(root, "test/compiler/node_modules/typescript/bin/tsc");

/**
 * Makes the compiler's clock count the CPU time of its process, so that what else the machine does is not measured.
 */
const CPU_CLOCK = `
performance.now = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
`;

/** One run of the compiler. */
interface Cost {
  readonly checkMs: number;
  readonly instantiations: number;
  readonly memoryMb: number;
}

/** Of the router without ours, and with it. */
interface Costs {
  readonly plain: Cost;
  readonly ours: Cost;
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

const HEAD = `
import { initTRPC } from "@trpc/server";
import { z } from "zod";
interface Message { readonly id: number; readonly text: string; readonly at: Date }
const t = initTRPC.context<{ readonly userId: string; readonly tenant: number }>().create();
const authed = t.procedure.use(({ ctx, next }) => next({ ctx: { role: ctx.userId === "" ? "user" : "admin" } }));
`;

/** A router of {@link PROCEDURES} subscriptions, each with its own zod input behind the same middleware. */
function router(resolver: (n: number) => string): string {
  const procedures = numbers(PROCEDURES).map(
    (n) =>
      `  s${n}: authed.input(z.object({ room${n}: z.string(), since: z.coerce.number(), kind: z.enum(["a", "b"]).optional() })).subscription(${resolver(n)}),`,
  );
  return `export const router = t.router({\n${procedures.join("\n")}\n});\nexport type AppRouter = typeof router;\n`;
}

/** What is written without us: a generator that listens by the same fields as our filters. */
const plain = (): string => `${HEAD}
declare function listen(to: { readonly room: string; readonly userId: string; readonly role: string }): AsyncIterable<Message>;
${router((n) => `async function* ({ input, ctx }) { yield* listen({ room: input.room${n}, userId: ctx.userId, role: ctx.role }); }`)}`;

const CHAIN = `
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
const subscriptions = initSubscriptions();
declare const store: Store;
`;

const filterStep = (route: number, name: string): string =>
  `  .routes.s${route}.filter({ name: "${name}", ctx: { userId: true, role: true }, input: { room${route}: true } })`;

function ours(): string {
  const filters = numbers(FILTERS).map((n) => filterStep(n * 4, "byRoom"));
  const publishes = numbers(FILTERS).map(
    (n) =>
      `  await publisher.routes.s${n * 4}.publish({ data, filter: { name: "byRoom", ctx: { userId: "u", role: "user" }, input: { room${n * 4}: "r" } } });`,
  );
  return `${HEAD}${CHAIN}${router(() => "subscriptions.resolver<Message>()")}
export const app = subscriptions.router({ router }).store({ store })
${filters.join("\n")};
export const handler = app.handler();
const publisher = app.publisher({ endpoint: "https://example.com/stage" });
export async function publishAll(data: Message): Promise<void> {
${publishes.join("\n")}
}
`;
}

function chained(): string {
  const steps = numbers(CHAINED_FILTERS).map((n) => filterStep(n % 2, `filter${n}`));
  const last = CHAINED_FILTERS - 1;
  return `${HEAD}${CHAIN}${router(() => "subscriptions.resolver<Message>()")}
export const app = subscriptions.router({ router }).store({ store })
${steps.join("\n")};
export const report = app.publisher({ endpoint: "https://example.com/stage" }).routes.s${last % 2}.publish({
  data: { id: 1, text: "", at: new Date() },
  filter: { name: "filter${last}", ctx: { userId: "u", role: "admin" } },
});
// @ts-expect-error the chain is typed to its end
app.routes.s0.filter({ name: "filter0" });
`;
}

/** The library as declaration files, below `directory`. */
function emitDeclarations(directory: string): void {
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      emitDeclarationOnly: true,
      rootDir: join(root, "src"),
      outDir: directory,
      typeRoots: [join(root, "node_modules/@types")],
    },
    include: [],
    files: [join(root, "src/index.ts")],
  };
  const path = `${directory}.json`;
  writeFileSync(path, JSON.stringify(config));
  run([nativeTsc, "--project", path]);
}

/** A project of one file, checked as strictly as `strict` alone does. */
function writeProject(directory: string, source: string): void {
  mkdirSync(directory);
  writeFileSync(join(directory, "index.ts"), source);
  const compilerOptions = {
    target: "ES2023",
    lib: ["ES2023", "DOM"],
    module: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
    paths: { "trpc-aws-subscriptions": ["../library/index.d.ts"] },
  };
  writeFileSync(
    join(directory, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["index.ts"] }),
  );
}

function run(args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, args, { encoding: "utf8" });
  } catch (error) {
    const output: unknown =
      error instanceof Error && "stdout" in error ? error.stdout : String(error);
    throw new Error(`node ${args.join(" ")} failed:\n${String(output).slice(0, 4000)}`);
  }
}

function measure(directory: string, project: string): Cost {
  const clock = join(directory, "cpuClock.cjs");
  const path = join(directory, project);
  const output = run(["--require", clock, tsc, "--project", path, "--extendedDiagnostics"]);
  const figure = (label: string): number => {
    const match = new RegExp(`^${label}:\\s+([\\d.]+)`, "m").exec(output);
    if (match === null) throw new Error(`tsc printed no "${label}"`);
    return Number(match[1]);
  };
  return {
    checkMs: figure("Check time") * 1000,
    instantiations: figure("Instantiations"),
    memoryMb: figure("Memory used") / 1024,
  };
}

function median(costs: readonly Cost[]): Cost {
  const middle = (key: keyof Cost): number =>
    costs.map((cost) => cost[key]).toSorted((a, b) => a - b)[Math.floor(costs.length / 2)] ?? 0;
  return {
    checkMs: middle("checkMs"),
    instantiations: middle("instantiations"),
    memoryMb: middle("memoryMb"),
  };
}

function print(label: string, { checkMs, instantiations, memoryMb }: Cost): void {
  process.stdout.write(
    `${label.padEnd(24)} check ${checkMs.toFixed(0).padStart(5)} ms, ${instantiations} instantiations, ${memoryMb.toFixed(0)} MB\n`,
  );
}

function ratioOf(costs: readonly Costs[]): number {
  const withOurs = median(costs.map(({ ours }) => ours));
  return withOurs.checkMs / median(costs.map(({ plain }) => plain)).checkMs;
}

/** @param wantedRuns - as many runs, or as many as it takes */
function main(wantedRuns: number | undefined): number {
  const directory = mkdtempSync(join(tmpdir(), "typecheck-"));
  try {
    symlinkSync(resolve(root, "node_modules"), join(directory, "node_modules"), "dir");
    writeFileSync(join(directory, "cpuClock.cjs"), CPU_CLOCK);
    emitDeclarations(join(directory, "library"));
    const projects = { plain: plain(), ours: ours(), chained: chained() };
    for (const [name, source] of Object.entries(projects)) {
      writeProject(join(directory, name), source);
    }
    const measureBoth = (): Costs => ({
      plain: measure(directory, "plain"),
      ours: measure(directory, "ours"),
    });
    const costs = numbers(wantedRuns ?? 1).map(measureBoth);
    if (wantedRuns === undefined && ratioOf(costs) > CLEAR_RATIO) {
      costs.push(...numbers(RUNS_IN_DOUBT - 1).map(measureBoth));
    }
    const ratio = ratioOf(costs);
    print("plain generators", median(costs.map(({ plain }) => plain)));
    print(`ours, ${FILTERS} filters`, median(costs.map(({ ours }) => ours)));
    print(`ours, ${CHAINED_FILTERS} chained filters`, measure(directory, "chained"));
    process.stdout.write(
      `ratio ${ratio.toFixed(2)} of check time, at most ${MAX_RATIO} (median of ${costs.length})\n`,
    );
    return ratio > MAX_RATIO ? 1 : 0;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const [, , runs] = process.argv;
process.exitCode = main(runs === undefined ? undefined : Number(runs));
