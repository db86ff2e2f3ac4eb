/** Reads the procedures of `client/protocol.ts`: the text of their types, which the compiler has printed there. */
import { readFileSync } from "node:fs";
import ts from "typescript";

/** A procedure as a typed client sees it. */
export interface ProcedureText {
  /** Such as `items.list`. */
  name: string;
  /** What its comment says. */
  comment: string;
  kind: "query" | "mutation";
  /** Types in TypeScript; `void` if there is no input. */
  input: string;
  output: string;
}

/** Reads them, those without a noun first. */
export function readProcedures(): readonly ProcedureText[] {
  const file = "client/protocol.ts";
  const source = ts.createSourceFile(
    file,
    readFileSync(file, "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const all = source.statements
    .filter(ts.isTypeAliasDeclaration)
    .find(({ name }) => name.text === "Procedures");
  if (!all || !ts.isTypeLiteralNode(all.type)) throw new Error(`${file} has no Procedures`);
  const found = proceduresOf(all.type, "");
  const isTop = ({ name }: ProcedureText) => !name.includes(".");
  return [...found.filter(isTop), ...found.filter((one) => !isTop(one))];
}

const proceduresOf = (type: ts.TypeLiteralNode, prefix: string): ProcedureText[] =>
  type.members.filter(ts.isPropertySignature).flatMap((member) => {
    const name = prefix + member.name.getText();
    if (member.type && ts.isTypeLiteralNode(member.type))
      return proceduresOf(member.type, `${name}.`);
    if (!member.type || !ts.isTypeReferenceNode(member.type)) return [];
    const [input = "", output = ""] = (member.type.typeArguments ?? []).map(textOf);
    const kind = member.type.typeName.getText() === "Query" ? "query" : "mutation";
    const comments = ts.getJSDocCommentsAndTags(member).map(({ comment }) => String(comment));
    return [{ name, comment: comments.join(" "), kind, input, output }];
  });

/** The text of a type with the indentation of its last line taken away. */
function textOf(type: ts.TypeNode): string {
  const text = type.getText();
  const indent = text.match(/\n( *)[^\n]*$/)?.[1] ?? "";
  return text.replaceAll(`\n${indent}`, "\n");
}
