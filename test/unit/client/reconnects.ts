import { vi } from "vitest";
import { subscription } from "./history.ts";
import { type Connection, createPlatform, type Frame, type Platform } from "./platform.ts";

/** Another socket, at once. */
export function reconnected({ connect }: Platform): Connection {
  vi.advanceTimersByTime(30_000);
  const connection = connect();
  connection.below.open();
  return connection;
}

/** A socket that was cut after subscription 1 got these frames. */
export function cutAfter(...frames: readonly Frame[]): Platform {
  const platform = createPlatform();
  const { below, send } = platform.connect();
  below.open();
  send(subscription(1));
  for (const frame of frames) below.message(frame);
  below.cut();
  return platform;
}

/** The `lastEventId` that the server sees when a subscription is sent. */
export function resumed(connection: Connection, frame: Frame): unknown {
  connection.send(frame);
  const { params } = connection.below.frames.at(-1) as { params: { lastEventId?: string } };
  return params.lastEventId;
}
