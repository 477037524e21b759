import { getExpressionAst, type TFExpressionSyntaxTree } from "@cdktn/hcl2json";
import { z } from "zod";

type Node = TFExpressionSyntaxTree.ExpressionType;

/** What a path such as `local.functions.connect` stands for. */
export type Lookup = (path: readonly string[]) => unknown;

const FUNCTIONS: Readonly<Record<string, (...values: readonly never[]) => unknown>> = {
  jsonencode: (value: unknown) => JSON.stringify(value),
  merge: (...objects: readonly object[]) => Object.assign({}, ...objects),
  replace: (text: string, from: string, to: string) => text.replaceAll(from, to),
};

/**
 * The value of what `parse` of hcl2json made of an attribute or a block, where expressions are texts as `"${…}"`.
 *
 * @throws Error for an expression that is not known here, so that none is passed over
 */
export async function evaluate(value: unknown, lookup: Lookup): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => evaluate(item, lookup)));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(
      async ([key, item]) => [key, await evaluate(item, lookup)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }
  if (typeof value !== "string" || !value.includes("${")) return value;
  return evaluateNode(await astOf(value), lookup);
}

/** By their text: copies of a module share nearly all of their expressions. */
const asts = new Map<string, Promise<Node>>();

function astOf(text: string): Promise<Node> {
  const ast = asts.get(text) ?? parseExpression(text);
  asts.set(text, ast);
  return ast;
}

async function parseExpression(text: string): Promise<Node> {
  const [, whole] = /^\$\{([\s\S]*)\}$/.exec(text) ?? [];
  const isOneExpression = whole !== undefined && !whole.includes("${");
  const ast = await getExpressionAst("expression", isOneExpression ? whole : `"${text}"`);
  if (ast === null) throw new Error(`no expression: ${text}`);
  return ast;
}

async function evaluateNode(node: Node, lookup: Lookup): Promise<unknown> {
  const { children, meta } = node;
  const values = () => Promise.all(children.map((child) => evaluateNode(child, lookup)));
  switch (node.type) {
    case "scopeTraversal":
    case "relativeTraversal":
    case "index":
      return lookup(await pathOf(node, lookup));
    case "literalValue":
      return node.meta.type === "string" ? node.meta.value : JSON.parse(node.meta.value);
    case "template":
      return (await values()).map(String).join("");
    case "templateWrap":
      return (await values())[0];
    case "tuple":
      return values();
    case "object":
      return objectOf(node.meta.items, children, lookup);
    case "function": {
      const call = FUNCTIONS[node.meta.name];
      if (call !== undefined) return call(...((await values()) as never[]));
      break;
    }
    case "conditional": {
      const [condition, yes, no] = children as [Node, Node, Node];
      return evaluateNode((await evaluateNode(condition, lookup)) ? yes : no, lookup);
    }
    case "binaryOp": {
      const [left, right] = await values();
      if (node.meta.operator === "equal") return left === right;
      break;
    }
    default:
      break;
  }
  throw new Error(`${node.type} is not known here: ${meta.value}`);
}

/** Keys and values of an object's children stand side by side. */
async function objectOf(
  items: Readonly<Record<string, string>>,
  children: readonly Node[],
  lookup: Lookup,
) {
  const keys = children.filter((_, index) => index % 2 === 0);
  if (keys.some(({ children: parts }) => (parts ?? []).length > 0)) {
    throw new Error(`quoted keys are not known here: ${Object.keys(items).join()}`);
  }
  const entries = Object.entries(items).map(
    async ([key, text]) => [key, await evaluate(`\${${text}}`, lookup)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function pathOf(node: Node, lookup: Lookup): Promise<readonly string[]> {
  if (node.type === "scopeTraversal") return segmentsOf(node.meta.traversal);
  const [inner, key] = node.children as [Node, Node];
  if (node.type === "relativeTraversal") {
    return [...(await pathOf(inner, lookup)), ...segmentsOf(node.meta.traversal)];
  }
  if (node.type !== "index") throw new Error(`${node.type} is no path: ${node.meta.value}`);
  return [...(await pathOf(inner, lookup)), z.string().parse(await evaluateNode(key, lookup))];
}

function segmentsOf(traversal: readonly { readonly segment: string }[]): readonly string[] {
  return traversal.map(({ segment }) => segment.replaceAll('"', ""));
}
