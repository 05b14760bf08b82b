import { type Node, getCalleeName, getPropertyName, getRoot, getUsage, unwrap } from "../code/ast.js";
import type { MapEntity } from "./inventory.js";
import type { KeyTerm } from "./keys.js";
import type { FileModel, FunctionInfo } from "../code/model.js";

const PRIMITIVE_NAME = /(?:id|key|name|path|url|uri|href|hash|address|host|code|slug|type|topic|channel|email|file|filename|dir|cwd|port|index|num|number|ip|tag|version|label|title|group|branch|locale|username|user|domain|prefix)s?$/i;
const FRESH_KEY_NAME = /^(?:(?:request|req|call|message|msg|trace|correlation|invocation|execution|operation|op|run|span|event|attempt|transaction|tx|query|rpc|seq|sequence|nonce|ticket|uuid|guid|unique|instance)_?(?:id|key|token|number|no)?|uid|uuid|guid|nonce|token|seq|idx|index|i)$/i;
const KEY_OF_ONE_CALL = /(?:^|[a-z_])(?:call|callback|request|req|message|msg|stream|execution|invocation|operation|transaction|tx|trace|span|event|update|interaction|correlation|run|attempt|connection|conn|socket|subscription|process|thread|window|tab|panel|widget|instance|prompt|response|task|toolUse|turn|step|batch|sequence|seq|contents)_?id$|^(?:fd|pid|handle|hwnd|nonce|sid)$/i;
const GIVES_NEW = /^[$#_]*(?:create|open|new|make|spawn|start|launch|register|add|insert|xadd|push|alloc|allocate|generate|next|fork|connect|accept|schedule|subscribe|setTimeout|setInterval|enqueue|\w*Factory$|factory)(?![a-z])/;

/** A key that names this run: requestId, uuid. */
export function isKeyOfRun(key: KeyTerm, model: FileModel): boolean {
  const node = key.node && unwrap(key.node);
  if (!node) return false;
  if (key.isFresh) return true;
  const name = node.type === "Identifier" ? node.name : node.type === "MemberExpression" ? getPropertyName(node) : undefined;
  return name !== undefined && FRESH_KEY_NAME.test(name) && !(node.type === "Identifier" && model.getVariable(node)?.scope.type === "module");
}

/** streamId, toolCallId, fd; what open() or create() has just given out: nobody else has the same. */
export function isKeyOfOneCall(expression: Node | undefined, model: FileModel, depth = 0): boolean {
  if (!expression || depth > 8) return false;
  const node = unwrap(expression);
  switch (node.type) {
    case "Identifier": {
      if (KEY_OF_ONE_CALL.test(node.name)) return true;
      const definition = model.getVariable(node)?.defs[0];
      const declarator = definition?.type === "Variable" ? definition.node : undefined;
      return declarator?.init ? isKeyOfOneCall(declarator.init as Node, model, depth + 1) : false;
    }
    case "MemberExpression":
      return KEY_OF_ONE_CALL.test(getPropertyName(node) ?? "") || isKeyOfOneCall(node.object, model, depth + 1);
    case "AwaitExpression":
      return isKeyOfOneCall(node.argument, model, depth + 1);
    case "CallExpression":
      return GIVES_NEW.test(getCalleeName(node) ?? "") || (node.callee.type === "MemberExpression" && /^to[A-Z]/.test(getCalleeName(node) ?? "") && isKeyOfOneCall(node.callee.object, model, depth + 1));
    case "NewExpression":
      return depth > 0 && !/^URL$/.test(getCalleeName(node) ?? "");
    default:
      return false;
  }
}

/** m.set(socket.id, socket): the key is the identity of what is stored; who comes again under it is the same. */
export function isIdentityOf(key: Node | undefined, value: Node | undefined, model: FileModel): boolean {
  const node = key && unwrap(key);
  if (node?.type !== "MemberExpression" || !/^(?:_?id|uuid|guid|uid)$/i.test(getPropertyName(node) ?? "")) return false;
  const owner = getRootVariable(node.object, model);
  return owner !== undefined && value !== undefined && isMadeOf(unwrap(value), owner, model);
}

/** sockets.map(async (socket) => .. m.get(socket.id)): the elements of a list have ids of their own. */
export function isIdOfElement(key: KeyTerm, task: FunctionInfo, model: FileModel): boolean {
  const node = key.node && unwrap(key.node);
  if (node?.type !== "MemberExpression" || !/^(?:_?id|uuid|guid|uid)$/i.test(getPropertyName(node) ?? "")) return false;
  const element = getRootVariable(node.object, model);
  const { node: callback, parent } = getUsage(task.node);
  const isOfList = parent?.type === "CallExpression" && parent.callee !== callback && /^(?:map|flatMap|forEach|filter)$/.test(getCalleeName(parent) ?? "");
  const [parameter] = task.node.params;
  return isOfList && element !== undefined && parameter?.type === "Identifier" && model.getVariable(parameter) === element;
}

/** const keys = Object.keys(d).filter(isOpen); keys.map(async (k) => ..): each run of the callback has an element that no other has. */
export function isElementOfDistinct(task: FunctionInfo, model: FileModel): boolean {
  const { node: callback, parent } = getUsage(task.node);
  if (parent?.type !== "CallExpression" || parent.arguments[0] !== callback || parent.callee.type !== "MemberExpression" || !/^(?:map|flatMap|forEach)$/.test(getCalleeName(parent) ?? "")) return false;
  return isDistinct(parent.callee.object, model);
}

/** Object.keys(d), [...new Set(xs)], Array.from(m.keys()), and what is left of them */
function isDistinct(list: Node, model: FileModel): boolean {
  const node = unwrap(list);
  const variable = node.type === "Identifier" ? model.getVariable(node) : undefined;
  const value = variable && model.getConstantValue(variable);
  if (value) return isDistinct(value, model);
  if (node.type === "NewExpression") return getCalleeName(node) === "Set";
  if (node.type === "ArrayExpression") return node.elements.length === 1 && node.elements[0]?.type === "SpreadElement" && isDistinct(node.elements[0].argument, model);
  if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression") return false;
  const name = getCalleeName(node) ?? "";
  if (name === "from" && node.arguments.length === 1) return isDistinct(node.arguments[0]!, model);
  if (name === "keys") return true;
  return /^(?:filter|sort|toSorted|slice|reverse|toReversed)$/.test(name) && isDistinct(node.callee.object, model);
}

function isMadeOf(value: Node, owner: unknown, model: FileModel): boolean {
  if (value.type === "ObjectExpression") return value.properties.some((property) => property.type === "Property" && isMadeOf(unwrap(property.value), owner, model));
  return (value.type === "Identifier" || value.type === "MemberExpression") && getRootVariable(value, model) === owner;
}

/** The variable that `a` of `a.b.c` is. */
function getRootVariable(expression: Node, model: FileModel): unknown {
  const root = getRoot(expression);
  return root && model.getVariable(root);
}

/** A key that is an object belongs to whoever made it: sockets.delete(socket). Ids and names do not. */
export function isObjectKey(map: MapEntity, key: Node | undefined, model: FileModel): boolean {
  const node = key && unwrap(key);
  if (!node || node.type === "Literal" || node.type === "TemplateLiteral") return false;
  if (map.keyType) return !isPrimitiveType(map.keyType);
  if (map.kind === "dictionary") return false;
  if (node.type === "MemberExpression") return !PRIMITIVE_NAME.test(getPropertyName(node) ?? "");
  if (node.type !== "Identifier") return node.type === "ThisExpression";
  const annotation = getAnnotation(node, model);
  return annotation ? !isPrimitiveType(annotation) : !PRIMITIVE_NAME.test(node.name) || isSpokenTo(node, model);
}

/** channel.on("close", ..), channel.postMessage(x): an object, whatever its name. */
function isSpokenTo(node: Node, model: FileModel): boolean {
  return (model.getVariable(node)?.references ?? []).some((reference) => {
    const member = (reference.identifier as Node).parent;
    const isReceiver = member?.type === "MemberExpression" && member.object === reference.identifier && member.parent.type === "CallExpression" && member.parent.callee === member;
    return isReceiver && /^(?:on|once|off|addEventListener|addListener|removeListener|postMessage|send|write|close|end|destroy|emit|ref|unref|start|terminate)$/.test(getPropertyName(member) ?? "");
  });
}

/** string, number, a literal, a union of those, UserId. */
function isPrimitiveType(type: Node): boolean {
  switch (type.type) {
    case "TSStringKeyword":
    case "TSNumberKeyword":
    case "TSBigIntKeyword":
    case "TSLiteralType":
    case "TSTemplateLiteralType":
      return true;
    case "TSTypeOperator":
      return type.operator === "keyof";
    case "TSUnionType":
      return type.types.every(isPrimitiveType);
    case "TSTypeReference":
      return type.typeName.type === "Identifier" && PRIMITIVE_NAME.test(type.typeName.name);
    case "TSIndexedAccessType":
      return type.indexType.type === "TSLiteralType" && type.indexType.literal.type === "Literal" && PRIMITIVE_NAME.test(String(type.indexType.literal.value));
    default:
      return false;
  }
}

/** The type that a variable is declared with. */
export function getAnnotation(identifier: Node, model: FileModel): Node | undefined {
  const name = model.getVariable(identifier)?.defs[0]?.name as Node | undefined;
  return name?.type === "Identifier" ? name.typeAnnotation?.typeAnnotation : undefined;
}
