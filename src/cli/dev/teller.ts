import type { CommandOutput } from "../output.ts";
import { jsonText } from "../text.ts";
import type { DevEvent } from "./events.ts";
import { eventText } from "./eventText.ts";

/** Prints events: for a person a line with the time, for a machine a line of JSON. */
export function teller(isJson: boolean, { stdout }: CommandOutput): (event: DevEvent) => void {
  return (event) => {
    const at = new Date();
    if (isJson) {
      stdout.write(`${jsonText({ at: at.toISOString(), ...event })}\n`);
      return;
    }
    stdout.write(`${at.toISOString().slice(11, 23)}  ${eventText(event)}\n`);
    if (event.type === "ready") stdout.write(introduction(event));
  };
}

function introduction({ environment, tableName }: Extract<DevEvent, { type: "ready" }>): string {
  const variables = Object.entries(environment)
    .map(([name, value]) => `${name}=${/^[\w.:/@%+-]+$/.test(value) ? value : quoted(value)}`)
    .join(" ");
  return `
Publish from a second terminal with this environment before the command:

  ${variables}

See who listens, and whom a publish would reach:

  npx trpc-aws-subscriptions inspect --table ${tableName} --endpoint ${environment["AWS_ENDPOINT_URL_DYNAMODB"]}

Changed files are loaded anew; the table and the connections stay. Ctrl-C ends it all.

`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
