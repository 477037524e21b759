import { afterAll, beforeAll } from "vitest";
import { reportFaults } from "../simulation/checker.ts";
import type { Deployment } from "../simulation/deployment.ts";
import { Reader } from "../simulation/reader.ts";
import { BEFORE, readerFaults } from "../simulation/resumeChecker.ts";
import { inVirtualTime, type SimulatedWorld } from "../simulation/world.ts";
import { explore } from "./schedules.ts";

inVirtualTime({ beforeAll, afterAll });

/** Moments at which the clock moves on, and by how much: in all less than the 25 s that a publish may take. */
const TICKS = 6;
const TICK_MS = 4_000;
/** Longer than any overlap. */
const OVERLAP_MS = 60_000;
/** Moments that a client has a socket for, at least. */
const STAYS = 5;

interface Actors {
  readonly reader: Reader;
  readonly publishers: readonly [Deployment, Deployment];
  readonly putBack: () => void;
}

explore<Actors>(
  "two publishers, a client that loses its socket and resumes",
  {
    async ready(world) {
      const reader = new Reader(world, "a");
      // A post that fails closes the connection at once.
      const publisher = () => world.deploy("now", { maxAttempts: 1 });
      const publishers = [publisher(), publisher()] as const;
      await world.directly(() => reader.visit());
      await world.directly(() => publishers[0].publishKept({ room: "a", number: BEFORE }));
      return { reader, publishers, putBack: reader.remember() };
    },
    async run(world, scheduler, { reader, publishers: [first, second], putBack }) {
      putBack();
      failSome(world);
      const publish = async (room: string, from: Deployment) => {
        await world.turn("publishes");
        world.pass(1);
        return world.publish(room, { by: String(from === first), from, isKept: true });
      };
      const works = [
        async () => {
          for (const room of ["a", "a"]) await publish(room, first);
        },
        async () => {
          for (const room of ["a", "b"]) await publish(room, second);
        },
        async () => {
          for (let tick = 0; tick < TICKS; tick++) {
            await world.turn("time passes");
            world.pass(TICK_MS);
          }
        },
        async () => {
          for (let time = 0; time < 2; time++) await lose(world, reader);
        },
      ];
      await world.scheduled(scheduler, [
        () => Promise.all(works.map((work) => work())).then(() => reader.rest()),
        () => reader.stay(),
      ]);
      // What is missing by now no overlap makes good any more.
      world.pass(OVERLAP_MS);
      await world.directly(() => publish("a", first));
      await world.directly(async () => {
        reader.client.close();
        await reader.visit();
      });
    },
    faults: (world, { reader }) => [
      ...readerFaults(reader, world.publishes),
      ...reportFaults(world.publishes),
      ...world.gateway.failures,
      ...world.errors.map((error) => `reported: ${error.message}`),
    ],
  },
  {
    split: true,
    // Four times as long as the others': a client that comes back three times, and reads what it has missed.
    share: 0.5,
    // A fence waits a second for its calls, which no call takes.
    anyTimePauseMs: 500,
    reports: [
      /^reported: API Gateway: Error: failed/,
      /^reported: events after lastEventId cannot be sent: more than/,
      /^reported: This connection is closed/,
    ],
  },
);

/** A post of the second event fails, and one of the last, whoever makes it. */
function failSome({ gateway }: SimulatedWorld): void {
  const left = new Set(["1", "3"]);
  gateway.fails = ({ frame }) => left.delete(/"number":(\d)/.exec(frame)?.[1] ?? "");
}

/** The network of a client is gone. The gateway finds it out later, and tells of it later still, or never. */
async function lose(world: SimulatedWorld, reader: Reader): Promise<void> {
  for (let turn = 0; turn < STAYS; turn++) await world.turn("stays");
  const { client } = reader;
  client.isLost = true;
  client.onClose();
  await world.turn("the gateway notices");
  const { handlers } = client.deployment;
  world.gateway.close(handlers, client.connectionId, true);
  // As good as chance.
  if (client.subscriptions.some(({ events }) => events.length % 2 === 1)) return;
  await world.turn("$disconnect comes");
  world.gateway.disconnect(handlers, client.connectionId);
}
