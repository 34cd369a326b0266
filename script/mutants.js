// Finds mutants: small changes to the contract that a test should notice. Each is one or two replacements in one file.
"use strict";

const OPERATORS = {
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
  "&&": ["||"],
  "||": ["&&"],
  "&": ["|"],
  "|": ["&"],
  "^": ["&"],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "<<": [">>"],
  ">>": ["<<"],
};

const YUL = {
  add: "sub",
  sub: "add",
  and: "or",
  or: "and",
  xor: "and",
  gt: "lt",
  lt: "gt",
  mstore: "mstore8",
  number: "timestamp",
  timestamp: "number",
};

/** All mutants of a source file, in the order of their place in it. `text` is its bytes: the compiler counts those. */
function find(file, text, ast) {
  const mutants = [];
  const span = ({ src }) => {
    const [start, length] = src.split(":").map(Number);
    return [start, start + length];
  };
  const source = (node) => text.subarray(...span(node)).toString();

  /** With its `;`, so that a block can stand in its place. */
  const statement = (node) => {
    const [start, end] = span(node);
    const rest = /^\s*;/u.exec(text.subarray(end).toString());
    return [start, end + (rest === null ? 0 : rest[0].length)];
  };

  /** The operator stands between its operands, apart from blanks, parentheses and comments. */
  const operator = (left, right, sign) => {
    const from = span(left)[1];
    const at = text.subarray(from, span(right)[0]).toString("latin1").indexOf(sign);
    return at < 0 ? undefined : [from + at, from + at + sign.length];
  };

  const visitors = {
    BinaryOperation(node, add) {
      const place = operator(node.leftExpression, node.rightExpression, node.operator);
      for (const other of OPERATORS[node.operator] ?? []) if (place) add("operator", [...place, other]);
    },
    UnaryOperation(node, add) {
      const [start] = span(node);
      if (node.prefix && ["!", "~", "-"].includes(node.operator)) add("operator dropped", [start, start + 1, ""]);
    },
    Assignment(node, add) {
      if (node.operator === "=") return;
      const place = operator(node.leftHandSide, node.rightHandSide, node.operator);
      for (const other of OPERATORS[node.operator.slice(0, -1)] ?? []) if (place) add("operator", [...place, `${other}=`]);
      if (place) add("operator", [...place, "="]);
    },
    ExpressionStatement(node, add) {
      add("statement dropped", [...statement(node), "{}"]);
    },
    RevertStatement(node, add) {
      add("revert dropped", [...statement(node), "{}"]);
    },
    Continue(node, add) {
      add("statement dropped", [...statement(node), "{}"]);
    },
    Break(node, add) {
      add("statement dropped", [...statement(node), "{}"]);
    },
    Return(node, add) {
      // Where something follows; at a function's end the compiler returns zero, which is a mutant, too.
      if (node.expression) add("return dropped", [...statement(node), "{}"]);
    },
    IfStatement(node, add) {
      add("condition", [...span(node.condition), "true"]);
      // `false` where the body reverts would be the same as the revert dropped.
      if (!/^\{?\s*revert/u.test(source(node.trueBody))) add("condition", [...span(node.condition), "false"]);
    },
    Conditional(node, add) {
      const [yes, no] = [node.trueExpression, node.falseExpression];
      add("branches swapped", [...span(yes), source(no)], [...span(no), source(yes)]);
    },
    FunctionCall(node, add) {
      const { arguments: args, expression } = node;
      const any = expression.memberName?.startsWith("encode") && expression.memberName !== "encodeCall";
      for (let i = 0; i + 1 < args.length; ++i) {
        const [a, b] = [args[i], args[i + 1]];
        const same = a.typeDescriptions.typeString === b.typeDescriptions.typeString;
        if (source(a) === source(b) || !(same || any)) continue;
        add("arguments swapped", [...span(a), source(b)], [...span(b), source(a)]);
      }
    },
    Literal(node, add) {
      if (node.kind === "bool") add("literal", [...span(node), node.value === "true" ? "false" : "true"]);
      if (node.kind !== "number") return;
      // In the form it has, so that a hexadecimal stays a `bytes32` or a `bytes4`.
      const hex = node.value.startsWith("0x");
      const value = BigInt(node.value.replaceAll("_", "")) ^ 1n;
      const unit = node.subdenomination ? ` ${node.subdenomination}` : "";
      add("literal", [...span(node), hex ? `0x${value.toString(16).padStart(node.value.length - 2, "0")}` : value + unit]);
    },
    MemberAccess(node, add) {
      const kind = /^type\(enum (\w+)\)$/u.exec(node.expression.typeDescriptions?.typeString ?? "");
      if (!kind) return;
      const members = find.enums[kind[1]];
      const other = members[(members.indexOf(node.memberName) + 1) % members.length];
      add("enum value", [...span(node), `${kind[1]}.${other}`]);
    },
    FunctionDefinition(node, add) {
      for (const modifier of node.modifiers.filter(({ kind }) => kind === "modifierInvocation")) {
        add("modifier dropped", [...span(modifier), ""]);
      }
    },
    YulExpressionStatement(node, add) {
      add("statement dropped", [...span(node), ""]);
    },
    YulFunctionCall(node, add) {
      const other = YUL[node.functionName.name];
      if (other) add("operator", [...span(node.functionName), other]);
    },
    YulLiteral(node, add) {
      if (node.kind !== "number") return;
      const value = BigInt(node.value) ^ 1n;
      add("literal", [...span(node), node.value.startsWith("0x") ? `0x${value.toString(16)}` : String(value)]);
    },
  };

  const walk = (node, where) => {
    if (Array.isArray(node)) return node.forEach((child) => walk(child, where));
    if (node === null || typeof node !== "object") return undefined;
    const inside = node.nodeType === "FunctionDefinition" ? node.name || node.kind : where;
    visitors[node.nodeType]?.(node, (kind, ...edits) => mutants.push(describe(file, text, inside, kind, edits)));
    return Object.values(node).forEach((child) => walk(child, inside));
  };
  walk(ast.nodes.filter(({ nodeType }) => nodeType !== "ImportDirective"), "");
  return mutants.sort((a, b) => a.edits[0][0] - b.edits[0][0] || (a.to < b.to ? -1 : 1));
}

/** Every enum's values, by its name, from all sources. */
find.enums = {};
function learnEnums(node) {
  if (node === null || typeof node !== "object") return;
  if (node.nodeType === "EnumDefinition") find.enums[node.name] = node.members.map(({ name }) => name);
  Object.values(node).forEach(learnEnums);
}

function apply(text, edits) {
  let changed = text;
  for (const [start, end, put] of [...edits].sort((a, b) => b[0] - a[0])) {
    changed = Buffer.concat([changed.subarray(0, start), Buffer.from(put), changed.subarray(end)]);
  }
  return changed;
}

/** A mutant is known by its function and its lines before and after: lines that move do not change it. */
function describe(file, text, where, kind, edits) {
  const first = Math.min(...edits.map(([start]) => start));
  const last = Math.max(...edits.map(([, end]) => end));
  const start = text.lastIndexOf("\n", first) + 1;
  const end = text.indexOf("\n", last - 1 < first ? first : last - 1);
  const after = end < 0 ? text.length : end;
  const lines = text.subarray(start, after);
  const moved = edits.map(([from, to, put]) => [from - start, to - start, put]);
  const flat = (bytes) => bytes.toString().replace(/\s+/gu, " ").trim();
  const line = text.subarray(0, first).toString().split("\n").length;
  return { file, line, in: where, kind, from: flat(lines), to: flat(apply(lines, moved)), edits };
}

module.exports = { apply, find, learnEnums };
