import { markdownTable, numberText } from "../markdown.ts";
import type { Assumption, Basis } from "./assumption.ts";
import { CONNECTIONS, connectSeconds, reconnectsPerSecond } from "./connecting.ts";
import { PRICES, totalOf } from "./prices.ts";
import type { Outcome } from "./simulation.ts";

/** A table with what came of its scenarios. */
export interface SimulatedTable {
  readonly title: string;
  readonly outcomes: readonly Outcome[];
}

interface Column {
  readonly title: string;
  text(outcome: Outcome): string;
}

const whole = (value: number): string => Math.round(value).toLocaleString("en");
const dollars = (value: number): string => value.toFixed(value >= 0.1 ? 3 : 5);

const COLUMNS: readonly Column[] = [
  { title: "way", text: ({ scenario }) => wayOf(scenario) },
  { title: "subscribers", text: ({ scenario }) => whole(scenario.subscribers) },
  { title: "shards", text: ({ scenario }) => whole(scenario.shards) },
  { title: "last delivery s", text: ({ counts }) => numberText(counts.lastDeliveryMs / 1_000) },
  { title: "given up", text: ({ counts }) => whole(counts.givenUp) },
  { title: "invocations", text: ({ counts }) => whole(counts.invocations) },
  { title: "at once", text: ({ counts }) => whole(counts.mostAtOnce) },
  { title: "SQS messages", text: ({ counts }) => whole(counts.messages) },
  { title: "posts", text: ({ counts }) => whole(counts.delivered + counts.refused) },
  { title: "of them 429", text: ({ counts }) => whole(counts.refused) },
  { title: "RRU", text: ({ counts }) => whole(counts.readUnits) },
  { title: "WRU", text: ({ counts }) => whole(counts.writeUnits) },
  { title: "$", text: (outcome) => dollars(totalOf(outcome.dollars)) },
  { title: "API Gateway $", text: (outcome) => dollars(outcome.dollars.apiGateway) },
  { title: "Lambda $", text: (outcome) => dollars(outcome.dollars.lambda) },
  { title: "DynamoDB $", text: (outcome) => dollars(outcome.dollars.dynamoDB) },
  { title: "SQS $", text: (outcome) => dollars(outcome.dollars.sqs) },
  { title: "bottleneck", text: ({ bound, counts }) => boundText(bound, counts.lastDeliveryMs) },
];

function wayOf({ way, maxWorkers }: Outcome["scenario"]): string {
  if (way === "alone") return "one Lambda";
  return maxWorkers === undefined ? "queue" : `queue, at most ${maxWorkers} workers`;
}

function boundText({ bottleneck, ms }: Outcome["bound"], ofMs: number): string {
  return `${bottleneck} ${whole((ms / ofMs) * 100)} %`;
}

/** What came of scenarios, a row for each. */
export function outcomeTable(outcomes: readonly Outcome[]): string {
  return markdownTable(
    COLUMNS.map(({ title }) => title),
    outcomes.map((outcome) => COLUMNS.map(({ text }) => text(outcome))),
  );
}

const BASES: Readonly<Record<Basis, string>> = {
  measured: "Measured here",
  published: "Published by AWS or by others who measured on it, not tried here",
  code: "Set by this library",
  assumed: "Assumed: nobody measured it",
};

/** Every number that went in, by what it rests on. */
function assumptionList(assumptions: readonly Assumption[]): string {
  return Object.entries(BASES)
    .map(([basis, title]) => {
      const lines = assumptions
        .filter((assumption) => assumption.basis === basis)
        .map(
          ({ what, value, unit, source }) => `- ${amountText(value, unit)}: ${what} (${source})`,
        );
      return lines.length === 0 ? `${title}: nothing.` : `${title}:\n\n${lines.join("\n")}`;
    })
    .join("\n\n");
}

function amountText(value: number, unit: string): string {
  const number = value.toLocaleString("en", { maximumFractionDigits: 10 });
  if (unit === "$") return `$${number}`;
  return unit.startsWith("/") ? `${number}${unit}` : `${number} ${unit}`.trim();
}

/** How long a large audience takes to connect, in one line. */
function connectLine(subscribers: number): string {
  const seconds = connectSeconds(subscribers);
  return (
    `With ${CONNECTIONS.perSecond.value} new connections a second, ${whole(subscribers)} subscribers take ` +
    `${whole(seconds / 60)} minutes to connect, and as long to come back after a break; to replace connections at ` +
    `the end of their two hours takes ${whole(reconnectsPerSecond(subscribers))} a second of it all the time.`
  );
}

/** How a page came about. */
export interface PageInfo {
  readonly command: string;
  readonly date: Date;
  readonly seed: number;
  readonly assumptions: readonly Assumption[];
}

/** The page of results. */
export function simulationPage(info: PageInfo, tables: readonly SimulatedTable[]): string {
  const { command, date, seed, assumptions } = info;
  return `# Simulation

\`${command}\` on ${date.toISOString().slice(0, 10)}, seed ${seed}. Written by the program. **Calculated, not measured on AWS**: one
publish to subscribers who are all there, from what one post costs here and what AWS says of its limits. The numbers
it rests on, and where they are from, are below the tables.

${tables.map(({ title, outcomes }) => `## ${title}\n\n${outcomeTable(outcomes)}`).join("\n\n")}

## What the columns say

- *one Lambda*: publishes, and resumes by cursor at each deadline. *queue*: as \`fanOutHandler()\` works, with as many
  workers as Lambda starts for the queue; *at most n workers*: with \`MaximumConcurrency\` n in the event source mapping, as
  many as have the CPU for the account's quota.
- *last delivery*: since the publisher's Lambda was called, which starts cold, as all of them.
- *given up*: subscribers who were refused with 429 as often as the publisher tries. The report counts them as failed.
- *at once*: most invocations of one function at the same time.
- *RRU*: also of pages that were read again after a deadline, or read for nothing when the rest was handed over.
- *bottleneck*: what takes longest by itself, and how much of the time that is: the *account quota*; the *CPU* of one
  Lambda or message; the *CPU of the workers*, as many as the queue starts; *partition reads*, at 3,000 RRU/s; the *chain
  of hand-overs*, starts of Lambdas and reading included.

## A million connections

${connectLine(1_000_000)}

## What it rests on

${assumptionList([...assumptions, ...Object.values(PRICES), ...Object.values(CONNECTIONS)])}
`;
}
