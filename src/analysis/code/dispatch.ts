import type { TSESTree } from "@typescript-eslint/types";
import { type Node, type Variable, getPropertyName, getUsage, unwrap } from "./ast.js";
import type { FileModel } from "./model.js";

/** A function that is looked up in an object literal by a name from a message, and called. */
export interface OpenDispatch {
  readonly name: string;
  /** The literal: what has to change. */
  readonly initializer: Node;
  /** The lookup. */
  readonly node: Node;
  readonly key: Node;
}

const KIND = /^(?:type|kind|method|command|cmd|action|event|op|opcode|topic|channel|name|handler)$/;
const MESSAGE = /^(?:msg|message|req|request|event|evt|payload|packet|body|data|rpc|call|cmd|command|input|envelope|frame|json|parsed)$/i;

/** A text search for `handlers[msg.type]`, so that other files cost nothing more. */
export const DISPATCH_TEXT = /\[\s*\w+\??\.(?:type|kind|method|command|cmd|action|event|op|opcode|topic|channel|name|handler)\s*\]/;

/** Finds `const handle = handlers[msg.type]; if (!handle) ..; handle(msg)`, where nothing says which types there are. */
export function findOpenDispatches(model: FileModel): OpenDispatch[] {
  if (!DISPATCH_TEXT.test(model.sourceCode.text)) return [];
  return (model.nodes.get("MemberExpression") ?? []).flatMap((node): OpenDispatch[] => {
    const member = node as TSESTree.MemberExpression;
    const key = member.computed ? unwrap(member.property) : undefined;
    if (key?.type !== "MemberExpression" || key.computed || !KIND.test(getPropertyName(key) ?? "") || !isOpenMessage(unwrap(key.object), model)) return [];
    const table = findTable(unwrap(member.object), model);
    return table && isCalled(member, model) && !isAskedForOwn(member, model) ? [{ ...table, node: member, key }] : [];
  });
}

/** An object of functions, in a constant. */
function findTable(object: Node, model: FileModel): { readonly name: string; readonly initializer: Node } | undefined {
  const variable = object.type === "Identifier" ? model.getVariable(object) : undefined;
  const value = variable && model.getConstantValue(variable);
  const initializer = value && unwrap(value);
  if (!variable || initializer?.type !== "ObjectExpression") return undefined;
  // { [Kind.Start]: f }: the key is a member of an enumeration, mostly a number.
  if (initializer.properties.every((property) => property.type === "Property" && property.computed)) return undefined;
  // { __proto__: null, .. } inherits nothing.
  const isBare = initializer.properties.some((property) => property.type === "Property" && property.key.type === "Identifier" && property.key.name === "__proto__");
  return isBare ? undefined : { name: variable.name, initializer };
}

/** A parameter without a type, or `any`; what JSON.parse gives. */
function isOpenMessage(object: Node, model: FileModel): boolean {
  if (object.type !== "Identifier" || !MESSAGE.test(object.name)) return false;
  const definition = model.getVariable(object)?.defs[0];
  const name = definition?.name as Node | undefined;
  const annotation = name?.type === "Identifier" ? name.typeAnnotation?.typeAnnotation : undefined;
  if (annotation && annotation.type !== "TSAnyKeyword") return false;
  if (definition?.type === "Parameter") return true;
  const init = definition?.type === "Variable" ? (definition.node as TSESTree.VariableDeclarator).init : undefined;
  return init?.type === "CallExpression" && /^JSON\.parse\b/.test(model.sourceCode.getText(init as never));
}

/** handlers[msg.type](msg), and the same through a constant. */
function isCalled(lookup: Node, model: FileModel): boolean {
  const { node, parent } = getUsage(lookup);
  if (parent?.type === "CallExpression") return parent.callee === node;
  const variable = parent?.type === "VariableDeclarator" && parent.init === node ? model.getVariable(parent.id) : undefined;
  return variable !== undefined && isCallee(variable);
}

function isCallee(variable: Variable): boolean {
  return variable.references.some((reference) => {
    const { node, parent } = getUsage(reference.identifier as Node);
    return parent?.type === "CallExpression" && parent.callee === node;
  });
}

/** Object.hasOwn(handlers, msg.type) somewhere in the same function */
function isAskedForOwn(lookup: Node, model: FileModel): boolean {
  const around = model.getEnclosing(lookup)?.node ?? model.sourceCode.ast;
  return /hasOwn|\bincludes\(|\.has\(/.test(model.sourceCode.getText(around as never));
}
