import { Command, Option } from "commander";
import type { DevFlags } from "./dev/dev.ts";
import { CommandFailure, oneLine } from "./failure.ts";
import type { InspectFlags } from "./inspect/inspect.ts";
import {
  apiOption,
  endpointOption,
  filterOption,
  portOption,
  shardsOption,
  subscriptionOption,
} from "./options.ts";
import type { CommandOutput } from "./output.ts";

/** The port that `dev` takes when none is given: clients keep their URL over restarts. */
const DEFAULT_PORT = 3001;

/** What the program runs in. */
export interface ProgramOptions {
  readonly version: string;
  readonly output: CommandOutput;
  /** Called with the exit code of a command that ended. */
  readonly onExitCode: (code: number) => void;
}

/** The commands with their flags; each loads its code when it is called. */
export function createProgram(options: ProgramOptions): Command {
  const program = new Command("trpc-aws-subscriptions")
    .description("Runs and explains tRPC subscriptions on AWS Lambda and DynamoDB.")
    .version(options.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => options.output.stdout.write(text),
      writeErr: (text) => options.output.stderr.write(text),
      outputError: (text, write) => write(usageLine(text)),
    })
    .addHelpText("after", "\nHelp of a command:\n  npx trpc-aws-subscriptions dev --help\n")
    .exitOverride();
  addDev(program, options);
  addInspect(program, options);
  return program;
}

function addDev(program: Command, { output }: ProgramOptions): void {
  program
    .command("dev")
    .summary("run your handlers on this machine, and see each frame")
    .description(
      "Runs your handlers on a local WebSocket gateway, an embedded DynamoDB and a local queue, and prints a line for each frame, each publish's look at the table and each post. Loads them anew when a file changes.",
    )
    .argument(
      "<handlers>",
      "module that exports connect, disconnect and handler, or one webSocketHandler; and worker, if a queue takes over large publishes",
    )
    .option(
      "-p, --port <number>",
      "port of the gateway; 0 takes a free one",
      portOption,
      DEFAULT_PORT,
    )
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("-t, --table <name>", "name of the table, in TABLE_NAME for the handlers", "dev")
    .option(
      "--env <file>",
      "file with more variables for the handlers, as node --env-file takes it",
    )
    .option("--watch <folder...>", "more folders whose files, when changed, load the handlers anew")
    .addOption(jsonOption("print each event as a line of JSON"))
    .addOption(verboseOption())
    .addHelpText("after", DEV_EXAMPLES)
    .action(async (modulePath: string, flags: DevFlags) => {
      const { dev } = await loadDev();
      await dev(modulePath, flags, output);
    });
}

function addInspect(program: Command, { output, onExitCode }: ProgramOptions): void {
  program
    .command("inspect")
    .summary("list who listens to what, or why a publish does not reach somebody")
    .description(
      "Reads a table of the DynamoDB store, and writes nothing. Lists live connections and subscriptions; with --path, says of each subscription whether a publish would match it, and why not.",
    )
    .requiredOption("-t, --table <name>", "name or ARN of the table")
    .option(
      "--endpoint <url>",
      "another DynamoDB than AWS's, for example the one that dev prints",
      endpointOption,
    )
    .option("--region <name>", "AWS region; AWS_REGION by default")
    .option("-n, --namespace <name>", "the store's namespace")
    .option("--path <path>", "explain a publish to this procedure, for example chat.onMessage")
    .option(
      "--filter <json>",
      "the publish's filter, or an array of them; every subscriber without it",
      filterOption,
    )
    .option(
      "--subscription <connectionId/id>",
      "this subscription alone, in a few reads of a large table",
      subscriptionOption,
    )
    .option(
      "--api <apiId/stage>",
      "the API and stage that the publisher's endpoint names",
      apiOption,
    )
    .option(
      "--shards <number>",
      "the publisher's shards of the route; all there are by default",
      shardsOption,
    )
    .option(
      "-a, --all",
      "list also what was closed, has stopped or expired, and is not deleted yet",
    )
    .addOption(jsonOption("print one line of JSON"))
    .addOption(verboseOption())
    .addHelpText("after", INSPECT_EXAMPLES)
    .action(async (flags: InspectFlags) => {
      const { inspect } = await import("./inspect/inspect.ts");
      onExitCode(await inspect(flags, output));
    });
}

const jsonOption = (description: string): Option => new Option("--json", description);
const verboseOption = (): Option =>
  new Option("--verbose", "print stack traces of errors; DEBUG=1 does as well");

const DEV_EXAMPLES = `
Examples:
  npx trpc-aws-subscriptions dev ./src/handlers.ts
  npx trpc-aws-subscriptions dev ./src/handlers.ts --port 0 --json
  npx trpc-aws-subscriptions dev ./handlers.mjs --env .env --watch ../api/src

The handlers get what Lambda and a deployment would set: AWS_REGION, credentials, TABLE_NAME, QUEUE_URL,
WEBSOCKET_ENDPOINT (for publisher({ endpoint })), and the AWS_ENDPOINT_URL_… of DynamoDB and the gateway.
DYNAMODB_ENDPOINT names a DynamoDB to use instead of the embedded one. TypeScript is loaded with tsx.

Exit code: 0 after Ctrl-C, 1 when it cannot start, 2 for wrong usage.
`;

const INSPECT_EXAMPLES = `
Examples:
  npx trpc-aws-subscriptions inspect --table chat
  npx trpc-aws-subscriptions inspect --table chat --path chat.onMessage \\
    --filter '{"name":"byRoom","input":{"room":"red"}}'
  npx trpc-aws-subscriptions inspect --table chat --path chat.onMessage --subscription L0SM9cOFvHcCIhw=/1
  npx trpc-aws-subscriptions inspect --table dev --endpoint http://127.0.0.1:8000 --json

In --filter a bigint is written {"$bigint":"12"}. It reads the whole table unless --subscription is given; that takes
the permissions dynamodb:Scan, DescribeTable and DescribeTimeToLive, with --subscription Query and BatchGetItem.

Exit code: 0, 1 when the table cannot be read or has no TTL, 2 for wrong usage.
`;

async function loadDev(): Promise<typeof import("./dev/dev.ts")> {
  try {
    return await import("./dev/dev.ts");
  } catch (error) {
    const isMissing =
      error instanceof Error && /Cannot find (package|module) 'ws'/.test(error.message);
    if (!isMissing) throw error;
    throw new CommandFailure("dev needs a WebSocket server: npm install --save-dev ws", {
      cause: error,
    });
  }
}

/** One line, with where to read more. */
function usageLine(text: string): string {
  return `${oneLine(text)} See --help.\n`;
}
