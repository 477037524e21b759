import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  Application,
  LogLevel,
  type ProjectReflection,
  type Reflection,
  ReflectionKind,
} from "typedoc";
import { ROOT } from "../check/repository.ts";
import { entryPoints } from "./entryPoints.ts";

/** The public surface with its comments, read from the source of every subpath. */
export interface Reference {
  /** What is wrong: an export without a comment, a link that leads nowhere. */
  readonly problems: readonly string[];
  /** Writes a Markdown page for everything that is exported. */
  write(folder: string): Promise<void>;
}

/** Has to have a comment. Properties may speak for themselves. */
const DOCUMENTED = [
  "Enum",
  "EnumMember",
  "Variable",
  "Function",
  "Class",
  "Interface",
  "TypeAlias",
  "Method",
  "Accessor",
] as const;

/** The name of a subpath as it is imported. */
export const importName = (module: string): string =>
  module === "index" ? "trpc-aws-subscriptions" : `trpc-aws-subscriptions/${module}`;

/** Of the plugins' own, whose types are not among typedoc's. */
const PLUGIN_OPTIONS = {
  docsRoot: join(ROOT, "docs"),
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  parametersFormat: "table",
  typeDeclarationFormat: "table",
  pageTitleTemplates: {
    index: "API reference",
    module: ({ name }: { readonly name: string }) => importName(name),
    member: ({ name }: { readonly name: string }) => name,
  },
};

async function createApplication(): Promise<Application> {
  return Application.bootstrapWithPlugins({
    entryPoints: [...entryPoints()],
    tsconfig: join(ROOT, "src/tsconfig.json"),
    // The compiler has a look at all of it in `npm run typecheck`.
    skipErrorChecking: true,
    plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme"],
    name: "trpc-aws-subscriptions",
    readme: "none",
    disableSources: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    categorizeByGroup: false,
    sort: ["source-order"],
    requiredToBeDocumented: [...DOCUMENTED],
    validation: {
      notExported: false,
      invalidLink: true,
      notDocumented: true,
      rewrittenLink: false,
    },
    ...(PLUGIN_OPTIONS as object),
  });
}

/** An export of any subpath: `{@link TransportError}` means the same in all of them. */
function exportNamed(project: ProjectReflection, name: string): Reflection | undefined {
  return project
    .getChildrenByKind(ReflectionKind.Module)
    .map((module) => module.getChildByName([name]))
    .find((found) => found !== undefined);
}

/** typedoc looks for a link's name in the subpath of its comment alone. */
function linkAcrossSubpaths(project: ProjectReflection): void {
  for (const { comment } of Object.values(project.reflections)) {
    const parts = [comment?.summary, ...(comment?.blockTags ?? []).map(({ content }) => content)];
    for (const part of parts.flatMap((part) => part ?? [])) {
      if (part.kind !== "inline-tag" || part.target !== undefined) continue;
      const target = exportNamed(project, part.text);
      if (target !== undefined) part.target = target;
    }
  }
}

/** The first page lists subpaths by the names of their folders. */
function nameSubpaths(file: string): void {
  const text = readFileSync(file, "utf8");
  const named = text.replace(/^- \[(\w+)\]/gm, (_, name: string) => `- [${importName(name)}]`);
  writeFileSync(file, named.replace("## Modules", "## Imports"));
}

/** What stands inside of a type, a conditional one for example, is no export. */
const PART_OF_A_TYPE = /\.__type\.\S+ .* does not have any documentation$/;

/**
 * Reads the reference.
 *
 * @throws Error when there is nothing to read
 */
export async function readReference(): Promise<Reference> {
  const app = await createApplication();
  const problems: string[] = [];
  app.logger = Object.assign(Object.create(app.logger), {
    log(message: string, level: LogLevel) {
      if (level >= LogLevel.Warn && !PART_OF_A_TYPE.test(message)) problems.push(message);
    },
  });
  const project = await app.convert();
  if (project === undefined) throw new Error(`typedoc read nothing: ${problems.join("\n")}`);
  linkAcrossSubpaths(project);
  app.validate(project);
  return {
    problems,
    async write(folder) {
      app.options.setValue("out", folder);
      await app.generateOutputs(project);
      nameSubpaths(join(folder, "index.md"));
    },
  };
}
