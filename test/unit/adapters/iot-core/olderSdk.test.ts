import type * as DataPlaneSdk from "@aws-sdk/client-iot-data-plane";
import { expect, it, vi } from "vitest";
import { DataPlane } from "../../../../src/adapters/iot-core/dataPlane.ts";

// As it was before May 2026, and may be in a Lambda runtime for longer.
vi.mock("@aws-sdk/client-iot-data-plane", async (importOriginal) => {
  const { SendDirectMessageCommand: _, ...older } = await importOriginal<typeof DataPlaneSdk>();
  return older;
});

it("says which SDK direct delivery takes, and tries nothing again", async () => {
  const send = vi.fn();
  const dataPlane = new DataPlane({ client: { send } as never });
  const { signal } = new AbortController();
  const input = { clientId: "c", topic: "t", payload: new Uint8Array() };
  await expect(dataPlane.sendDirectMessage(input, signal)).rejects.toMatchObject({
    failure: "unknown",
    message: expect.stringContaining("has no SendDirectMessage. Install and bundle"),
  });
  expect(send).not.toHaveBeenCalled();
});
