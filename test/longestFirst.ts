import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes long begins first, so that no worker is left alone with it at the end. The chaos lasts two minutes. */
const FIRST = ["test/reliability/chaos/chaos", "test/reliability/crashes/", "test/reliability/"];

/** Vitest's own order knows how long a file takes only after it has run on this machine. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = FIRST.findIndex((part) => moduleId.includes(part));
  return place === -1 ? FIRST.length : place;
}
