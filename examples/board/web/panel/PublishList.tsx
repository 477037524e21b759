import type { PublishRecord } from "../../local/inspector.ts";

interface PublishListProps {
  readonly publishes: readonly PublishRecord[];
  readonly selectedId: number | undefined;
  readonly pinnedId: number | undefined;
  onPoint(id: number | undefined): void;
  onPin(id: number | undefined): void;
}

export function PublishList(props: PublishListProps) {
  const { publishes, selectedId, pinnedId, onPoint, onPin } = props;
  return (
    <section className="panel-section" aria-labelledby="publishes">
      <h3 id="publishes">
        Publishes <span className="count">{publishes.length}</span>
      </h3>
      {publishes.length === 0 && <p className="panel-empty">Move a card.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled list has to be reachable by keyboard */}
      <ol className="publishes" tabIndex={0} aria-labelledby="publishes">
        {publishes.map((publish) => (
          <li key={publish.id}>
            <button
              type="button"
              className="publish"
              data-selected={publish.id === selectedId}
              aria-pressed={publish.id === pinnedId}
              onPointerEnter={() => onPoint(publish.id)}
              onPointerLeave={() => onPoint(undefined)}
              onFocus={() => onPoint(publish.id)}
              onBlur={() => onPoint(undefined)}
              onClick={() => onPin(publish.id === pinnedId ? undefined : publish.id)}
            >
              <Publish publish={publish} />
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Publish({ publish }: { readonly publish: PublishRecord }) {
  const { route, filter, report, durationMs } = publish;
  return (
    <>
      <span className="publish-call">
        <b>{route}</b>
        <span className="publish-what">{whatOf(publish)}</span>
        <code>{literal(filter)}</code>
      </span>
      <span className="publish-report">
        <Count name="matched" value={report.matched} />
        <Count name="delivered" value={report.delivered} />
        <Count name="gone" value={report.gone} />
        {report.failed > 0 && <Count name="failed" value={report.failed} />}
        <span className="publish-time">{Math.max(1, Math.round(durationMs))} ms</span>
      </span>
    </>
  );
}

function Count({ name, value }: { readonly name: string; readonly value: number }) {
  return (
    <span className="publish-count" data-name={name} data-none={value === 0}>
      {name} <b>{value}</b>
    </span>
  );
}

function whatOf({ route, data }: PublishRecord): string {
  if (route === "onNotification") return "for one user";
  return "type" in data && data.type === "viewers" ? "somebody came or went" : "a card changed";
}

/** A value as TypeScript writes it. */
function literal(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${literal(field)}`);
  return `{ ${fields.join(", ")} }`;
}
