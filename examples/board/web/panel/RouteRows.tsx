import type { Snapshot } from "../../local/inspector.ts";
import type { KeyPrefix } from "../../local/queries.ts";
import type { RouteRow } from "../../local/tableView.ts";
import { userName } from "../../src/users.ts";
import { Avatar } from "../app/Avatar.tsx";

interface RouteRowsProps {
  readonly snapshot: Snapshot;
  /** What the selected publish asks for. */
  readonly prefixes: readonly KeyPrefix[];
}

/** The rows that publishers find subscribers by, each key as it lies in the table. */
export function RouteRows({ snapshot, prefixes }: RouteRowsProps) {
  const partitions = [...new Set(snapshot.routes.map(({ pk }) => pk))].toSorted();
  const matched = snapshot.routes.filter((row) => matchOf(row, prefixes) > 0).length;
  return (
    <section className="panel-section rows" aria-labelledby="rows">
      <h3 id="rows">
        Rows <span className="count">{snapshot.routes.length}</span>
        {prefixes.length > 0 && <span className="rows-matched">{matched} found</span>}
      </h3>
      {snapshot.routes.length === 0 && <p className="panel-empty">Nobody has subscribed.</p>}
      {partitions.map((pk) => (
        <div key={pk} className="partition">
          <h4>
            <code>{pk}</code>
          </h4>
          <ul>
            {snapshot.routes
              .filter((row) => row.pk === pk)
              .map((row) => (
                <Row key={row.sk} row={row} matched={matchOf(row, prefixes)} />
              ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function Row({ row, matched }: { readonly row: RouteRow; readonly matched: number }) {
  return (
    <li className="row" data-matched={matched > 0}>
      <Avatar userId={row.userId} />
      <span className="visually-hidden">{userName(row.userId)}</span>
      <code className="row-key" title={row.sk}>
        {matched > 0 && <mark>{row.sk.slice(0, matched)}</mark>}
        {row.sk.slice(matched)}
      </code>
    </li>
  );
}

/** How many characters of a row's key a publish asks for; 0 when it does not find the row. */
function matchOf({ pk, sk }: RouteRow, prefixes: readonly KeyPrefix[]): number {
  const found = prefixes.find((prefix) => prefix.pk === pk && sk.startsWith(prefix.skPrefix));
  return found?.skPrefix.length ?? 0;
}
