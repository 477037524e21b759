import { numberText } from "./markdown.ts";
import { type ProgramName, programOf } from "./programs.ts";
import type { Sample } from "./sample.ts";
import { GROWTH_AUDIENCES, growthScenario, publishScenario } from "./scenarios.ts";
import type { Results } from "./targets.ts";

const WIDTH = 940;
const MARGIN = 20;
const LABEL_WIDTH = 230;
const BAR_WIDTH = 520;
const BAR_HEIGHT = 14;
const BAR_STEP = 20;
const HEADING_HEIGHT = 36;
const PLOT_HEIGHT = 180;
const PLOT_WIDTH = 330;
const PLOT_STEP = 470;
const PLOT_INDENT = 50;

const AUDIENCE = 10_000;
const LATENCIES_MS = [0, 10, 30];
/** One by one is left out: no bar beside it could be seen. */
const BARS: readonly ProgramName[] = [
  "promiseAll",
  "pool",
  "poolCached",
  "oursSend",
  "ours",
  "limit",
  "limitWide",
];
const LINES: readonly ProgramName[] = ["ours", "limitWide"];
const OURS: ReadonlySet<ProgramName> = new Set(["ours", "oursSend"]);

// A page may show the image on white or on black; the colours follow the reader's choice.
const STYLE = `text{font:12px system-ui,sans-serif;fill:#57606a}
.title{font-weight:600;fill:#24292f}
.bar{fill:#8c959f}.bar.ours{fill:#0969da}
.axis{stroke:#8c959f}
.line{fill:none;stroke-width:2;stroke:#8c959f}.line.ours{stroke:#0969da}
@media (prefers-color-scheme:dark){text{fill:#9198a1}.title{fill:#f0f6fc}
.bar{fill:#6e7681}.bar.ours{fill:#4493f8}
.axis,.line{stroke:#6e7681}.line.ours{stroke:#4493f8}}`;

/** Draws a run: time by program, and growth with the audience. Drawn without a library, so nothing is fetched to see it. */
export function chart(results: Results): string {
  const parts: string[] = [];
  let y = MARGIN;
  for (const latencyMs of LATENCIES_MS) {
    const group = barGroup(results, latencyMs, y);
    parts.push(...group.parts);
    y += group.height;
  }
  parts.push(
    linePlot(results, { field: "wallMs", title: "Time in ms by subscribers, 10 ms" }, [MARGIN, y]),
    linePlot(results, { field: "peakRssMb", title: "Peak RSS in MB by subscribers" }, [
      MARGIN + PLOT_STEP,
      y,
    ]),
  );
  const height = y + HEADING_HEIGHT + PLOT_HEIGHT + 2 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>Time to publish by program, and growth with the audience</title>
<style>${STYLE}</style>
${parts.join("\n")}
</svg>
`;
}

function barGroup(
  results: Results,
  latencyMs: number,
  top: number,
): { readonly parts: readonly string[]; readonly height: number } {
  const scenario = publishScenario(AUDIENCE, latencyMs);
  const bars = BARS.flatMap((name) => {
    const sample = results.median(scenario, name);
    return sample === undefined ? [] : [{ name, ms: sample.wallMs }];
  });
  const longest = Math.max(...bars.map(({ ms }) => ms));
  const title = `${AUDIENCE.toLocaleString("en")} subscribers, gateway latency ${latencyMs} ms: time in ms`;
  const parts = [text([MARGIN, top + 14], title, { className: "title" })];
  for (const [index, { name, ms }] of bars.entries()) {
    const y = top + HEADING_HEIGHT - 10 + index * BAR_STEP;
    const width = (ms / longest) * BAR_WIDTH;
    const kind = OURS.has(name) ? "bar ours" : "bar";
    parts.push(
      text([LABEL_WIDTH, y + 11], programOf(name).label, { anchor: "end" }),
      `<rect class="${kind}" x="${LABEL_WIDTH + 8}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
      text([LABEL_WIDTH + 14 + width, y + 11], numberText(Math.round(ms))),
    );
  }
  return { parts, height: HEADING_HEIGHT + bars.length * BAR_STEP };
}

function linePlot(
  results: Results,
  of: { readonly field: keyof Sample; readonly title: string },
  [left, top]: readonly [number, number],
): string {
  const series = LINES.map((name) => ({
    name,
    points: GROWTH_AUDIENCES.flatMap((audience) => {
      const sample = results.median(growthScenario(audience), name);
      return sample === undefined ? [] : [[audience, sample[of.field]] as const];
    }),
  }));
  const highest = Math.max(...series.flatMap(({ points }) => points.map(([, value]) => value)));
  const largest = Math.max(...GROWTH_AUDIENCES);
  const x0 = left + PLOT_INDENT;
  const bottom = top + HEADING_HEIGHT + PLOT_HEIGHT;
  const x = (audience: number): number => x0 + (audience / largest) * (PLOT_WIDTH - PLOT_INDENT);
  const y = (value: number): number => bottom - (value / highest) * PLOT_HEIGHT;
  const lines = series.flatMap(({ name, points }) => {
    const last = points.at(-1);
    if (last === undefined) return [];
    const path = points.map(
      ([audience, value]) => `${x(audience).toFixed(1)},${y(value).toFixed(1)}`,
    );
    const label = `${OURS.has(name) ? "this library" : "by hand"} ${numberText(Math.round(last[1]))}`;
    return [
      `<polyline class="${OURS.has(name) ? "line ours" : "line"}" points="${path.join(" ")}"/>`,
      text([x(last[0]) + 4, y(last[1]) + 4], label),
    ];
  });
  return [
    text([left, top + 14], of.title, { className: "title" }),
    `<path class="axis" fill="none" d="M${x0},${top + HEADING_HEIGHT}V${bottom}H${x(largest)}"/>`,
    text([x0 - 6, y(highest) + 4], numberText(Math.round(highest)), { anchor: "end" }),
    text([x0 - 6, bottom + 4], "0", { anchor: "end" }),
    ...GROWTH_AUDIENCES.filter((audience) => audience >= largest / 20).map((audience) =>
      text([x(audience), bottom + 16], audience.toLocaleString("en"), { anchor: "middle" }),
    ),
    ...lines,
  ].join("\n");
}

function text(
  [x, y]: readonly [number, number],
  content: string,
  { className, anchor }: { readonly className?: string; readonly anchor?: "end" | "middle" } = {},
): string {
  const attributes = [
    className === undefined ? "" : ` class="${className}"`,
    anchor === undefined ? "" : ` text-anchor="${anchor}"`,
  ].join("");
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${attributes}>${content}</text>`;
}
