import { parse } from "yaml";
import { z } from "zod";

const permissions = z.record(z.string(), z.string());

const step = z.object({
  id: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.string()).optional(),
});

const job = z.object({
  needs: z.union([z.string(), z.array(z.string())]).default([]),
  uses: z.string().optional(),
  permissions: permissions.optional(),
  environment: z.string().optional(),
  "timeout-minutes": z.number().optional(),
  strategy: z.object({ matrix: z.object({ node: z.array(z.string()) }) }).optional(),
  steps: z.array(step).default([]),
});

const workflow = z.object({
  on: z.record(z.string(), z.unknown()),
  permissions,
  jobs: z.record(z.string(), job),
});

/** A job of a workflow. */
export type Job = z.infer<typeof job>;

/** The parts of a workflow of GitHub Actions that say who may do what. */
export type Workflow = z.infer<typeof workflow>;

/** Reads a workflow file. */
export function readWorkflow(text: string): Workflow {
  return workflow.parse(parse(text));
}

/** What is wrong with a workflow, whatever it is for. */
export function workflowProblems(text: string): readonly string[] {
  const { permissions: everywhere, jobs } = readWorkflow(text);
  const actions = [...text.matchAll(/uses: (?!\.\/)(.*)/g)].map(([, action = ""]) => action);
  return [
    ...actions
      .filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))
      .map((action) => `${action} is not pinned by its hash, with the version beside it`),
    ...(/\bsecrets\b|_TOKEN: (?!\$\{\{ github\.token)/.test(text) ? ["it takes a secret"] : []),
    ...Object.values(everywhere)
      .filter((access) => access !== "read")
      .map(() => "every job may write"),
    ...Object.entries(jobs).flatMap(([name, each]) =>
      jobProblems(each).map((problem) => `${name}: ${problem}`),
    ),
  ];
}

function jobProblems({ steps, uses, "timeout-minutes": minutes }: Job): readonly string[] {
  const commands = steps.flatMap(({ run = "" }) => run);
  return [
    ...(uses === undefined && minutes === undefined ? ["it may run for ever"] : []),
    // GitHub puts the text in before the shell reads it: a branch's name could be a command.
    ...(commands.some((command) => command.includes("${{")) ? ["an expression in a command"] : []),
  ];
}

/** What is wrong with a workflow that publishes. */
export function releaseProblems(text: string): readonly string[] {
  const { jobs } = readWorkflow(text);
  const publishers = Object.entries(jobs).filter(([, { permissions: may }]) => may?.["id-token"]);
  const [name = "", publish] = publishers[0] ?? [];
  if (publish === undefined || publishers.length > 1) {
    return [`${publishers.length} jobs may get an identity for npm`];
  }
  const commands = publish.steps.flatMap(({ run = [] }) => run);
  const actions = publish.steps.flatMap(({ uses = [] }) => uses).map((uses) => uses.split("@")[0]);
  const foreign = actions.filter(
    (action) => action !== "actions/setup-node" && action !== "actions/download-artifact",
  );
  const others = Object.keys(publish.permissions ?? {}).filter((scope) => scope !== "id-token");
  return [
    ...others.map((scope) => `${name} may also use ${scope}`),
    ...foreign.map((action) => `${name} runs ${action}`),
    ...(commands.length === 1 && /^npm publish \S+\.tgz --provenance /.test(commands[0] ?? "")
      ? []
      : [`${name} runs more than the publish of a tarball with provenance`]),
    ...(publish.environment === "npm" ? [] : [`${name} can be kept to no environment`]),
    ...(needed(jobs, name).includes("verify") ? [] : [`${name} does not wait for the tests`]),
    ...(jobs["verify"]?.uses === "./.github/workflows/verify.yml" ? [] : ["verify is no test run"]),
  ];
}

/** Jobs that must have succeeded before one begins. */
function needed(jobs: Workflow["jobs"], name: string): readonly string[] {
  const direct = [jobs[name]?.needs ?? []].flat();
  return [...direct, ...direct.flatMap((before) => needed(jobs, before))];
}
