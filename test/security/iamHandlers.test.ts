import { expect, it } from "vitest";
import { clientStory } from "./clientStory.ts";
import { startCloud } from "./cloud.ts";
import { historyStory } from "./historyStory.ts";
import { unusedOf } from "./role.ts";

const DEFAULT = "$default, or all three in one function";

it.each([
  { connect: "$connect", disconnect: "$disconnect", default: DEFAULT },
  { connect: DEFAULT, disconnect: DEFAULT, default: DEFAULT },
])(
  "S19: a client does all it can; the handlers need what their policies give, and all of it (%#)",
  async (roles) => {
    const cloud = await startCloud(roles);
    await clientStory(cloud);
    await historyStory(cloud, cloud.publisherOf("Publisher"));
    for (const heading of new Set(Object.values(roles))) {
      const role = cloud.role(heading);
      expect(role.denied).toEqual([]);
      expect(unusedOf(role)).toEqual([]);
    }
  },
);
