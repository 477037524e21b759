import { describe, expect, it } from "vitest";
import {
  dataFrame,
  ENVELOPE_BYTES,
  errorFrame,
  eventText,
  PONG,
  startedFrame,
  stoppedFrame,
} from "../../../src/protocol/serverMessage.ts";

const to = (id: string | number | null, jsonrpc = false) => ({ id, jsonrpc });

describe("frames of the server", () => {
  it.each<[what: string, frame: string, parsed: object]>([
    ["started", startedFrame(to(3)), { id: 3, result: { type: "started" } }],
    ["stopped", stoppedFrame(to(3)), { id: 3, result: { type: "stopped" } }],
    [
      "data",
      dataFrame(to(3), eventText({ a: [1] })),
      { id: 3, result: { type: "data", data: { a: [1] } } },
    ],
    [
      "data of a tracked event",
      dataFrame(to(3), eventText({ id: "e1", data: 1 }, "e1")),
      { id: 3, result: { type: "data", id: "e1", data: { id: "e1", data: 1 } } },
    ],
    [
      "null as data",
      dataFrame(to(3), eventText(null)),
      { id: 3, result: { type: "data", data: null } },
    ],
    [
      "undefined as data",
      dataFrame(to(3), eventText(undefined)),
      { id: 3, result: { type: "data" } },
    ],
    [
      "an error",
      errorFrame(to(3), { code: -32_600, message: "m", data: {} }),
      { id: 3, error: { code: -32_600, message: "m", data: {} } },
    ],
    [
      "an error nobody asked for",
      errorFrame(to(null), { code: -32_700, message: "m", data: {} }),
      { id: null, error: { code: -32_700, message: "m", data: {} } },
    ],
  ])("%s", (_what, frame, parsed) => {
    expect(JSON.parse(frame)).toEqual(parsed);
  });

  it.each([0, 1, -1, "1", "", 'a"b\\', "é", "\n", "__proto__", Number.MAX_SAFE_INTEGER])(
    "T1: the id %j comes back as it was sent, in every frame",
    (id) => {
      const frames = [
        startedFrame(to(id)),
        stoppedFrame(to(id)),
        dataFrame(to(id), eventText(1)),
        errorFrame(to(id), { code: -32_600, message: "", data: {} }),
      ];
      for (const frame of frames) expect(JSON.parse(frame)).toHaveProperty("id", id);
    },
  );

  it("T1: repeats jsonrpc to those who sent it, and to nobody else", () => {
    const event = eventText(1);
    expect(JSON.parse(dataFrame(to(1, true), event))).toMatchObject({ jsonrpc: "2.0" });
    expect(JSON.parse(startedFrame(to(1, true)))).toMatchObject({ jsonrpc: "2.0" });
    expect(JSON.parse(dataFrame(to(1), event))).not.toHaveProperty("jsonrpc");
    expect(JSON.parse(startedFrame(to(1)))).not.toHaveProperty("jsonrpc");
  });

  it("T5: an empty text is an event id too", () => {
    expect(JSON.parse(dataFrame(to(1), eventText(1, "")))).toMatchObject({ result: { id: "" } });
  });

  it("T11: PONG is bare text", () => {
    expect(PONG).toBe("PONG");
  });

  it("ENVELOPE_BYTES is what a frame has around its member for the longest numeric id", () => {
    const event = eventText("x");
    const frame = dataFrame(to(Number.MIN_SAFE_INTEGER, true), event);
    expect(Buffer.byteLength(frame)).toBe(Buffer.byteLength(event.member) + ENVELOPE_BYTES);
  });
});
