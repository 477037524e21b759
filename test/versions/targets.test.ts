import { describe, expect, it } from "vitest";
import { copiesOf, faultsOf } from "./loadedModules.ts";
import { nameOf, targetsOf, UnknownTargetError } from "./targets.ts";
import { typeFaults } from "./typeErrors.ts";

const known = { newest: "11.25.2", ownMajor: 20 };

describe("targets", () => {
  it("are all of them without arguments, without the Node that runs this", () => {
    expect(targetsOf([], known).map(nameOf)).toEqual([
      "tRPC 11.0.0",
      "tRPC 11.18.0",
      "tRPC 11.22.1",
      "tRPC 11.25.2",
      "Node 22",
      "Node 24",
    ]);
  });

  it("are each run once, also when the newest has a name of its own", () => {
    expect(targetsOf(["newest", "11.25.2", "node20", "node20"], known).map(nameOf)).toEqual([
      "tRPC 11.25.2",
      "Node 20",
    ]);
  });

  it.each(["11", "10.45.0", "v11.0.0", "11.0.0-rc.1", "node", "node18", "node22.1", "", "all"])(
    "are not %j",
    (argument) => {
      expect(() => targetsOf([argument], known)).toThrow(UnknownTargetError);
    },
  );
});

describe("the copies in use", () => {
  const root = new URL("../../node_modules/@trpc", import.meta.url);
  const nested = new URL("../trpc-latest/node_modules/@trpc", import.meta.url);
  const loaded = [`${root.href}/server/dist/index.mjs`, `${root.pathname}/client/dist/index.mjs`];

  it("are found by URL and by path, once each", () => {
    expect(copiesOf([...loaded, ...loaded, "/else/where.mjs", ""])).toEqual([
      expect.stringMatching(/^@trpc\/client 11\.[\d.]+$/),
      expect.stringMatching(/^@trpc\/server 11\.[\d.]+$/),
    ]);
  });

  it("must be one each, of the version that is meant", () => {
    const [client = "", server = ""] = copiesOf(loaded);
    const version = client.replace("@trpc/client ", "");
    expect(faultsOf([client, server], version)).toEqual([]);
    expect(faultsOf([client, server], "11.0.0")).toHaveLength(2);
    expect(faultsOf([client], version)).toHaveLength(1);
    const two = copiesOf([...loaded, `${nested.href}/server/dist/index.mjs`]);
    expect(faultsOf(two, version)).toHaveLength(1);
  });
});

describe("type errors", () => {
  const line = "src/a.ts(1,2): error TS2339: Property 'errors' does not exist";
  const listed = "/a/b.ts\n/a/c.ts\n";

  it("are faults where none is expected", () => {
    expect(typeFaults(listed, "11.25")).toEqual([]);
    expect(typeFaults(`${line}\n  more of it\n${listed}`, "11.25")).toEqual([line]);
  });

  it("that are expected are faults when they are gone", () => {
    const faults = typeFaults(listed, "11.18");
    expect(faults).toContain("test/types/resolver.test-d.ts TS2339: is gone");
    expect(typeFaults(listed, "11.0").length).toBeGreaterThan(faults.length);
  });
});
