import { Heard } from "../world.ts";
import { createWorld, type Given, memoryEngine } from "./world.ts";

/** Numbers of the events that came, in their order. */
export const numbers = (heard: Heard<Given>): readonly number[] =>
  heard.data.map(({ data }) => data.n);

/** The numbers from 1. */
export const upTo = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, n) => n + 1);

/** The filter that finds who is in a room. */
export const inRoom = (room: string) => ({ name: "room", input: { room } }) as const;

/** An event for the red room. */
export const tick = (n: number) => ({ data: { n, at: new Date(n) }, filter: inRoom("red") });

/** A world in which ann has started to hear the red room, at a broker in memory unless another one is given. */
export async function hearing(
  start: Parameters<typeof createWorld>[0] = memoryEngine(0),
  route: "feed" | "short" = "feed",
) {
  const world = await createWorld(start);
  const heard = new Heard<Given>();
  const trpc = await world.client("ann");
  trpc[route].subscribe({ room: "red" }, heard.callbacks as never);
  await heard.start();
  return { ...world, heard };
}
