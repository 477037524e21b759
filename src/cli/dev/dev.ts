import { statSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { describeTable } from "../../inspect/describeTable.ts";
import { CommandFailure } from "../failure.ts";
import type { CommandOutput } from "../output.ts";
import { timeToLiveProblem } from "../timeToLive.ts";
import { handlerEnvironment, localEnvironment, readEnvFile } from "./environment.ts";
import type { DevEvent } from "./events.ts";
import { Handlers } from "./handlers.ts";
import { loaderArguments } from "./loader.ts";
import { Reloader } from "./reloader.ts";
import { type Stack, startStack } from "./stack.ts";
import { teller } from "./teller.ts";
import { projectOf, watchSources } from "./watch.ts";

/** Flags of `dev`. */
export interface DevFlags {
  readonly port: number;
  readonly host: string;
  readonly table: string;
  /** Not `--env-file`: Node 20 takes that for itself, wherever it stands. */
  readonly env?: string;
  readonly watch?: readonly string[];
  readonly json?: boolean;
}

type Tell = (event: DevEvent) => void;

/** Serves handlers until a signal ends it; resolves when everything has ended. */
export async function dev(
  modulePath: string,
  flags: DevFlags,
  output: CommandOutput,
): Promise<void> {
  const file = handlersFile(modulePath);
  // Before anything is started: a missing loader would be found only then.
  loaderArguments([file]);
  const fromFile = readEnvFile(flags.env);
  const tell = teller(flags.json === true, output);
  const stops: (() => Promise<void>)[] = [];
  const signalled = untilSignal();
  try {
    const { host, port, table: tableName } = flags;
    const loading = deferred<Handlers>();
    const onStarted = (stop: () => Promise<void>): unknown => stops.unshift(stop);
    const handlers = (): Promise<Handlers> => loading.promise;
    const stack = await startStack({ tableName, host, port, handlers, tell, onStarted });
    await refuseWithoutTimeToLive(stack, tableName);
    const environment = environmentOf(stack, tableName);
    const options = {
      file,
      environment: handlerEnvironment(environment, fromFile),
      onOutput: (stream: "stdout" | "stderr", line: string) =>
        tell({ type: "output", stream, line }),
    };
    loading.resolve(Handlers.load(options));
    const loaded = await loading.promise;
    // Last: the gateway still needs them for `$disconnect`.
    stops.push(() => loaded.stop());
    stops.unshift(await watchHandlers({ file, loaded, tell, folders: flags.watch ?? [] }));
    const { url, endpoint } = stack.gateway;
    tell({ type: "ready", url, endpoint, tableName, environment });
    await signalled;
  } finally {
    for (const stop of stops) await stop();
  }
}

function handlersFile(modulePath: string): string {
  const file = resolve(modulePath);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new CommandFailure(
      `there is no file ${file}. Give the module that exports your handlers, for example ./src/handlers.ts`,
    );
  }
  return file;
}

function environmentOf(stack: Stack, tableName: string): Readonly<Record<string, string>> {
  const { region, credentials } = stack.dynamoDB;
  return localEnvironment({
    tableEndpoint: stack.tableEndpoint,
    gatewayEndpoint: stack.gateway.endpoint,
    queueUrl: stack.queue.url,
    tableName,
    region,
    credentials,
  });
}

/** A table that was there before, in a DynamoDB of the user's own, may have its TTL on another attribute. */
async function refuseWithoutTimeToLive({ dynamoDB }: Stack, tableName: string): Promise<void> {
  const client = new DynamoDBClient(dynamoDB.clientConfig);
  try {
    const { timeToLive } = await describeTable(client, tableName);
    const problem = timeToLiveProblem(tableName, timeToLive);
    if (problem !== undefined) throw new CommandFailure(`${problem} Or give another --table.`);
  } finally {
    client.destroy();
  }
}

/** @returns what ends the watching */
async function watchHandlers({
  file,
  loaded,
  tell,
  folders,
}: {
  readonly file: string;
  readonly loaded: Handlers;
  readonly tell: Tell;
  readonly folders: readonly string[];
}): Promise<() => Promise<void>> {
  const reloader = new Reloader(loaded, file, tell);
  const watched = [projectOf(file), ...folders.map((folder) => resolve(folder))];
  const watcher = await watchSources(watched, () => reloader.change());
  return async () => {
    await watcher.stop();
    await reloader.settled();
  };
}

/** The second signal ends the process at once, as if nobody listened. */
function untilSignal(): Promise<void> {
  return new Promise((done) => {
    const signals = ["SIGINT", "SIGTERM"] as const;
    const onSignal = (): void => {
      for (const signal of signals) process.off(signal, onSignal);
      done();
    };
    for (const signal of signals) process.on(signal, onSignal);
  });
}

function deferred<T>(): {
  readonly promise: Promise<T>;
  resolve(value: T | PromiseLike<T>): void;
} {
  let settle: (value: T | PromiseLike<T>) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    settle = done;
  });
  return { promise, resolve: (value) => settle(value) };
}
