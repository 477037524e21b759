import { MAX_CLIENT_FRAME_BYTES } from "../protocol/limits.ts";
import { isObject, type JsonObject } from "./frames.ts";

/** A frame of several messages is kept well below API Gateway's limit. */
const MAX_BATCH_BYTES = 24 * 1024;
/** The handler's default of `maxBatchSize`: what is beyond it in one frame is refused. */
const MAX_BATCH_MESSAGES = 200;

/** Puts messages, given as JSON, into as few frames as may be; one by itself is no array. */
export function framesOf(messages: readonly string[]): readonly string[] {
  const frames: string[][] = [];
  let roomBytes = 0;
  for (const message of messages) {
    // The comma, or the first one's brackets.
    const bytes = utf8Bytes(message) + 1;
    const batch = frames.at(-1);
    if (batch !== undefined && bytes <= roomBytes && batch.length < MAX_BATCH_MESSAGES) {
      batch.push(message);
    } else {
      frames.push([message]);
      roomBytes = MAX_BATCH_BYTES - 1;
    }
    roomBytes -= bytes;
  }
  return frames.map((batch) => (batch.length === 1 ? batch.join() : `[${batch.join()}]`));
}

/**
 * The answer to a message that no frame can hold, made up in place of the server's; `undefined` for one that fits. API
 * Gateway would close the socket, and the client would connect and send it again without end.
 *
 * @param text - the message as JSON
 */
export function refusalOf(message: JsonObject, text: string): string | undefined {
  const bytes = utf8Bytes(text);
  if (bytes <= MAX_CLIENT_FRAME_BYTES) return undefined;
  const { path, input } = isObject(message["params"]) ? message["params"] : {};
  const shape = {
    message: `${path} was not sent: its message has ${bytes} bytes, and API Gateway takes ${MAX_CLIENT_FRAME_BYTES} at most. Send less input, or send it by HTTP.`,
    code: -32_013,
    data: { code: "PAYLOAD_TOO_LARGE", httpStatus: 413, path },
  };
  // Which transformer the client has is not known here. superjson's looks like this, and reads `json` alone.
  const error = isObject(input) && "json" in input ? { ...shape, json: shape } : shape;
  return JSON.stringify({ id: message["id"], error });
}

/** Not by `TextEncoder`, which would copy each frame and is not everywhere. */
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}
