import { TransportError } from "../../../errors.ts";
import { messageTopic } from "../../../protocol/iotDirect.ts";
import type { Transport } from "../../../publisher/transport.ts";
import type { DataPlane } from "../dataPlane.ts";
import { type IotDirectSettings, isOurs } from "./options.ts";

/** Sends frames to clients of IoT Core, each by its id. */
export function directTransport(settings: IotDirectSettings, dataPlane: DataPlane): Transport {
  const topic = messageTopic(settings.levels);
  // A publisher takes ids from rows that others may have written.
  const check = (clientId: string): void => {
    if (isOurs(settings, clientId)) return;
    throw new TransportError(
      "unknown",
      `${JSON.stringify(clientId)} is no client of ${settings.api.stage}: the row that names it was not written by this engine`,
    );
  };
  return {
    async post(clientId, frame, { signal }) {
      check(clientId);
      const payload = new TextEncoder().encode(frame);
      await dataPlane.sendDirectMessage({ clientId, topic, payload }, signal);
    },
    async close(clientId, signal) {
      check(clientId);
      await dataPlane.disconnect(clientId, signal);
    },
  };
}
